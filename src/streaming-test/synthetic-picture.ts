import { randomFillSync } from 'node:crypto';

/** A grey picture of 64 by 48 pixels, JPEG. */
const greyJpeg = Buffer.from(
  '/9j/4AAQSkZJRgABAgAAAQABAAD/2wBDAAg+Pkk+SVVVVVVVVWRdZGhoaGRkZGRoaGhwcHCDg4NwcHBoaHBwfHyDg4+Tj4eHg4eT' +
    'k5ubm7q6srLZ2eD/////xABKAAEAAAAAAAAAAAAAAAAAAAAAAQEAAAAAAAAAAAAAAAAAAAAAEAEAAAAAAAAAAAAAAAAAAAAAEQEA' +
    'AAAAAAAAAAAAAAAAAAAA/8AAEQgAMABAAwEiAAIRAAMRAP/aAAwDAQACEQMRAD8AAAAAAAAAAAAAAAAAAAAAAAAA/9k=',
  'base64',
);

export const pictureWidthPx = 64;
export const pictureHeightPx = 48;

const startOfImageBytes = 2;
/** A JPEG comment: marker and length, the length counted with what it holds (ITU-T T.81, B.2.4.5). */
const commentHeadBytes = 4;
const longestComment = 65_535 + 2;

/** A JPEG of about so many bytes: what fills it cannot be compressed, as that of a camera cannot. */
export function syntheticPicture(sizeBytes: number): Buffer {
  const comments: Buffer[] = [];
  let leftBytes = sizeBytes - greyJpeg.length;
  while (leftBytes > commentHeadBytes) {
    const length = Math.min(leftBytes, longestComment);
    const comment = randomFillSync(Buffer.alloc(length), commentHeadBytes);
    comment.writeUInt16BE(0xfffe, 0);
    comment.writeUInt16BE(length - 2, 2);
    comments.push(comment);
    leftBytes -= length;
  }
  return Buffer.concat([greyJpeg.subarray(0, startOfImageBytes), ...comments, greyJpeg.subarray(startOfImageBytes)]);
}
