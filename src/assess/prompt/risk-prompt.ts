import type { RiskThresholds } from '../../detect/risk-level.ts';
import { requestedSchema } from '../answer/answer-schema.ts';
import type { AssessmentTask, TaskMember } from '../assessment-task.ts';
import type { EndpointInfo } from '../pool/model-pool.ts';
import { riskTypes, riskTypeWords } from '../risk-types.ts';
import { filledIn, type PromptTemplate } from './template-file.ts';
import { pictureTokens, textTokens } from './token-estimate.ts';

export interface RiskPromptOptions {
  readonly template: PromptTemplate;
  readonly thresholds: RiskThresholds;
  readonly maxAnswerTokens: number;
}

type Message = { readonly role: 'system' | 'user' | 'assistant'; readonly content: unknown };

/** Of an answer that is sent back to be mended. */
const maxRepairedLength = 4000;
/** What answers usually take: for the estimate; `max_tokens` bounds them. */
const usualAnswerTokens = 160;

/**
 * What the model is asked: the template's constant part first, then the groups as data, their pictures last. A picture is
 * shown, and nothing else of it goes into the text.
 */
export class RiskPrompt {
  readonly #template: PromptTemplate;
  readonly #system: string;
  readonly #systemTokens: number;
  readonly #maxAnswerTokens: number;

  constructor({ template, thresholds, maxAnswerTokens }: RiskPromptOptions) {
    this.#template = template;
    this.#maxAnswerTokens = maxAnswerTokens;
    this.#system = filledIn(template.system, {
      levels: levelLines(thresholds),
      riskTypes: riskTypeLines(template.language),
      schema: JSON.stringify(requestedSchema()),
    });
    this.#systemTokens = textTokens(this.#system);
  }

  /** `file` and version, for the log. */
  get name(): string {
    return `${this.#template.file} (version ${this.#template.version})`;
  }

  /** The chat-completions body, without `model`. */
  body(tasks: readonly AssessmentTask[], endpoint: EndpointInfo): Record<string, unknown> {
    return this.#bodyOf(this.#question(tasks), tasks.length, endpoint);
  }

  /** The same question once more, after an answer that cannot be used. */
  repairBody(
    tasks: readonly AssessmentTask[],
    endpoint: EndpointInfo,
    answerText: string,
    fault: string,
  ): Record<string, unknown> {
    const messages: readonly Message[] = [
      ...this.#question(tasks),
      { role: 'assistant', content: answerText.slice(0, maxRepairedLength) },
      { role: 'user', content: filledIn(this.#template.repair, { fault }) },
    ];
    return this.#bodyOf(messages, tasks.length, endpoint);
  }

  estimateTokens(tasks: readonly AssessmentTask[]): { readonly prompt: number; readonly answer: number } {
    const pictures = tasks.map(({ picture }) => {
      if (picture === undefined) return 0;
      const [x1, y1, x2, y2] = picture.bbox;
      return pictureTokens(x2 - x1, y2 - y1);
    });
    const picturesTokens = pictures.reduce((sum, tokens) => sum + tokens, 0);
    return {
      prompt: this.#systemTokens + textTokens(this.#requestText(tasks)) + picturesTokens,
      answer: Math.min(this.#maxAnswerTokens, usualAnswerTokens) * tasks.length,
    };
  }

  #question(tasks: readonly AssessmentTask[]): Message[] {
    const pictures = tasks.flatMap(({ picture }) =>
      picture === undefined
        ? []
        : { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${picture.jpegBase64}` } },
    );
    return [
      { role: 'system', content: this.#system },
      { role: 'user', content: [{ type: 'text', text: this.#requestText(tasks) }, ...pictures] },
    ];
  }

  #requestText(tasks: readonly AssessmentTask[]): string {
    return filledIn(this.#template.request, { groups: JSON.stringify({ groups: tasks.map(groupData) }) });
  }

  #bodyOf(messages: readonly Message[], groups: number, { structuredOutput }: EndpointInfo): Record<string, unknown> {
    return {
      messages,
      temperature: 0,
      max_tokens: this.#maxAnswerTokens * groups,
      ...(structuredOutput === 'text' ? {} : { response_format: responseFormat(structuredOutput) }),
    };
  }
}

function responseFormat(kind: 'json_schema' | 'json_object'): object {
  if (kind === 'json_object') return { type: 'json_object' };
  return { type: 'json_schema', json_schema: { name: 'risk', strict: true, schema: requestedSchema() } };
}

function groupData({ groupIndex, members, picture, judgement }: AssessmentTask): object {
  const [left, top] = picture?.bbox ?? [0, 0];
  const measured = Object.entries(judgement.measured).map(([name, value]) => [name, Math.round(value * 10) / 10]);
  return {
    groupIndex,
    objects: members.map((member) => objectData(member, left, top)),
    ...(measured.length === 0 ? {} : { measured: Object.fromEntries(measured) }),
  };
}

function objectData({ id, class: className, bbox: [x1, y1, x2, y2] }: TaskMember, left: number, top: number): object {
  return { id, class: className, bbox: [x1 - left, y1 - top, x2 - left, y2 - top].map(Math.round) };
}

function levelLines({ low, medium, high }: RiskThresholds): string {
  return [
    `none: 0 ≤ confidence < ${low}`,
    `low: ${low} ≤ … < ${medium}`,
    `medium: ${medium} ≤ … < ${high}`,
    `high: ${high} ≤ … ≤ 1`,
  ]
    .map((line) => `- ${line}`)
    .join('\n');
}

function riskTypeLines(language: string): string {
  return riskTypes.map((type) => `- ${type}: ${riskTypeWords[type][language === 'zh' ? 'zh' : 'en']}`).join('\n');
}
