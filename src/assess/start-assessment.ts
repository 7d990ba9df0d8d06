/** Builds what answers tasks, as a configuration has it, and connects it to the bus. */
import type { Bus } from '../bus/bus.ts';
import { installedPath } from '../config/installation.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../time/clock.ts';
import type { AssessmentObserver } from './assessment-observer.ts';
import { AssessmentService } from './assessment-service.ts';
import { GroupRequests } from './group-requests.ts';
import { ModelAssessor } from './model-assessor.ts';
import type { ModelVerdict } from './model-verdict.ts';
import type { ModelPool } from './pool/model-pool.ts';
import { RiskPrompt } from './prompt/risk-prompt.ts';
import { readPromptTemplate } from './prompt/template-file.ts';
import { SceneCache } from './reuse/scene-cache.ts';
import { RulesAssessor } from './rules-assessor.ts';

export interface StartAssessmentOptions {
  readonly config: Pick<Config, 'risk' | 'llm'>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly observer: AssessmentObserver;
  /** Whom to ask; without it, local rules judge alone. */
  readonly pool?: ModelPool;
}

export interface RunningAssessment {
  /** Tasks that are not answered yet. */
  readonly running: number;
  /** Answers what is under way by rules, and ends the pool's calls. Safe to call twice. */
  close(): Promise<void>;
}

/** Throws `bad-prompt` where the prompt's file cannot be used. */
export function startAssessment({ config, bus, clock, observer, pool }: StartAssessmentOptions): RunningAssessment {
  const { deadlineMs, thresholds, maxTasks } = config.risk;
  const rules = new RulesAssessor(config.llm.language);
  const assessor = pool === undefined ? rules : modelAssessor({ config, bus, clock, observer }, pool, rules);
  const service = new AssessmentService({
    bus,
    clock,
    assessor,
    rules,
    taskDefaults: { clock, deadlineMs, thresholds },
    maxTasks,
    observer,
  });
  return {
    get running() {
      return service.running;
    },
    close: async () => {
      await service.close();
      await pool?.close();
    },
  };
}

/** The prompt that the configuration names. Throws `bad-prompt` where it cannot be used. */
export function riskPrompt({ risk, llm }: StartAssessmentOptions['config']): RiskPrompt {
  const { language, promptFile, maxAnswerTokens } = llm;
  const template = readPromptTemplate(promptFile ?? installedPath('config', 'prompts', `risk.${language}.md`));
  return new RiskPrompt({ template, thresholds: risk.thresholds, maxAnswerTokens });
}

function modelAssessor(
  { config, clock, observer }: StartAssessmentOptions,
  pool: ModelPool,
  rules: RulesAssessor,
): ModelAssessor {
  const { thresholds, reuse } = config.risk;
  return new ModelAssessor({
    requests: new GroupRequests({
      pool,
      prompt: riskPrompt(config),
      thresholds,
      clock,
      maxGroups: config.llm.maxGroupsPerRequest,
    }),
    rules,
    clock,
    ...(reuse.enabled ? { cache: sceneCache(reuse, clock) } : {}),
    onError: (error) => observer.onError(error),
  });
}

function sceneCache(reuse: Config['risk']['reuse'], clock: Clock): SceneCache<ModelVerdict> {
  const seconds = { none: reuse.maxAgeSeconds, low: reuse.maxAgeSeconds, medium: reuse.maxMediumAgeSeconds, high: 0 };
  return new SceneCache({
    clock,
    limits: { maxHashBits: reuse.maxHashBits, minIou: reuse.minIou },
    maxAgeMs: ({ settledLevel }) => seconds[settledLevel] * 1000,
  });
}
