/** Reads the service's own metrics, in Prometheus' text format. */

const lineFormat = /^(?<name>[a-z_]\w*)(?:\{(?<labels>.*)\})? (?<value>\S+)$/i;

/** @typedef {{name: string, labels: string, value: number}} Sample */

/** What the service's metrics said at one moment. */
export class Metrics {
  /** @type {Sample[]} */
  #samples;

  /** @param {string} text */
  constructor(text) {
    this.#samples = text.split('\n').flatMap((line) => {
      const found = lineFormat.exec(line)?.groups;
      return found === undefined
        ? []
        : [{ name: found.name ?? '', labels: found.labels ?? '', value: Number(found.value) }];
    });
  }

  /**
   * @param {string} name
   * @param {string} labels As they stand between the braces, for example `quantile="0.99"`.
   */
  value(name, labels = '') {
    const found = this.#samples.find((sample) => sample.name === name && sample.labels === labels);
    if (found === undefined) throw new Error(`the service has no metric ${name}{${labels}}`);
    return found.value;
  }

  /**
   * Every camera's value.
   *
   * @param {string} name
   * @returns {Map<string, number>}
   */
  byCamera(name) {
    return new Map(
      this.#samples
        .filter((sample) => sample.name === name)
        .map(({ labels, value }) => [/camera_id="([^"]*)"/.exec(labels)?.[1] ?? '', value]),
    );
  }

  /**
   * Of what was observed since an earlier moment: the bound of the bucket in which so large a share lies.
   *
   * @param {string} name
   * @param {number} share 0 to 1.
   * @param {Metrics} since
   */
  quantileBound(name, share, since) {
    const buckets = this.#samples
      .filter((sample) => sample.name === `${name}_bucket`)
      .map(({ labels, value }) => ({
        bound: Number(/le="([^"]*)"/.exec(labels)?.[1]?.replace('+Inf', 'Infinity')),
        count: value - since.value(`${name}_bucket`, labels),
      }));
    const total = buckets.at(-1)?.count ?? 0;
    return buckets.find(({ count }) => total > 0 && count >= share * total)?.bound ?? null;
  }
}
