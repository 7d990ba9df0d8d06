/** Lines over the number of cameras, as an SVG that reads on light and dark pages. */

/**
 * @typedef {object} Series
 * @property {string} name
 * @property {readonly (readonly [x: number, y: number])[]} points
 *
 * @typedef {object} Chart
 * @property {string} title
 * @property {readonly Series[]} series
 */

const width = 380;
const height = 260;
const margin = { left: 48, right: 12, top: 34, bottom: 40 };
const colours = ['#2f9e6e', '#d9822b'];
const grey = '#8a94a0';
const ticks = 4;

/**
 * @param {string} title
 * @param {readonly Chart[]} charts Side by side.
 */
export function plot(title, charts) {
  const body = charts.map((chart, index) => `<g transform="translate(${index * width} 0)">${draw(chart)}</g>`).join('');
  const total = width * charts.length;
  const font = `font-family="sans-serif" font-size="12" fill="${grey}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total} ${height}" width="${total}" ${font}><title>${title}</title>${body}</svg>\n`;
}

/** @param {Chart} chart */
function draw({ title, series }) {
  const points = series.flatMap((one) => one.points);
  const maxX = roundUp(Math.max(...points.map(([x]) => x)));
  const maxY = roundUp(Math.max(...points.map(([, y]) => y)));
  const x = (/** @type {number} */ value) => margin.left + (value / maxX) * (width - margin.left - margin.right);
  const y = (/** @type {number} */ value) =>
    height - margin.bottom - (value / maxY) * (height - margin.top - margin.bottom);
  const grid = Array.from({ length: ticks + 1 }, (_, tick) => tick / ticks).map((share) => {
    const [atX, atY] = [x(share * maxX), y(share * maxY)];
    return [
      `<path d="M${x(0)} ${atY}H${x(maxX)}" stroke="${grey}" stroke-opacity=".3"/>`,
      `<text x="${x(0) - 6}" y="${atY + 4}" text-anchor="end">${Number((share * maxY).toFixed(2))}</text>`,
      `<text x="${atX}" y="${height - margin.bottom + 18}" text-anchor="middle">${Number((share * maxX).toFixed(0))}</text>`,
    ].join('');
  });
  const lines = series.map(({ name, points }, index) => {
    const colour = colours[index % colours.length];
    const path = points
      .map(([px, py], at) => `${at === 0 ? 'M' : 'L'}${x(px).toFixed(1)} ${y(py).toFixed(1)}`)
      .join('');
    const dots = points.map(
      ([px, py]) => `<circle cx="${x(px).toFixed(1)}" cy="${y(py).toFixed(1)}" r="3" fill="${colour}"/>`,
    );
    const label = `<text x="${margin.left + 8 + index * 90}" y="${margin.top - 2}" fill="${colour}">${name}</text>`;
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}${label}`;
  });
  const words = `<text x="${margin.left}" y="14" font-weight="bold">${title}</text>`;
  const axis = `<text x="${x(maxX / 2)}" y="${height - 6}" text-anchor="middle">cameras</text>`;
  return [words, axis, ...grid, ...lines].join('');
}

/**
 * To a number that divides well.
 *
 * @param {number} value
 */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 8, 10].map((factor) => factor * power).find((candidate) => candidate >= value) ?? value;
}
