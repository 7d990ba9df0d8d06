import { expect, test } from 'vitest';
import { PasswordHasher } from '../../../src/auth/password-hasher.ts';

const hasher = new PasswordHasher();

test('a password is kept as Argon2id of 32 MiB and three rounds, salted', async () => {
  const [one, other] = await Promise.all([hasher.hash('correct horse'), hasher.hash('correct horse')]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=32768,t=3,p=1\$/);
  expect(other).not.toBe(one);
  expect(await hasher.verify(one, 'correct horse')).toBe(true);
  expect(await hasher.verify(one, 'Correct horse')).toBe(false);
});

test('of nobody no password is right, not even the one that is compared with in its place', async () => {
  expect(await hasher.verify(undefined, 'of nobody')).toBe(false);
});

test('a hash of another cost is to be made anew', async () => {
  const now = await hasher.hash('x'.repeat(10));
  expect(hasher.isOutdated(now)).toBe(false);
  expect(hasher.isOutdated(now.replace('t=3', 't=2'))).toBe(true);
});

test('two at a time, and of those that wait so many', async () => {
  const busy = new PasswordHasher();
  const answers = await Promise.allSettled(Array.from({ length: 35 }, () => busy.verify('not a hash', 'x')));
  const codes = answers.map((answer) => (answer.status === 'rejected' ? answer.reason.code : 'none'));
  expect(codes.filter((code) => code === 'busy')).toHaveLength(1);
});
