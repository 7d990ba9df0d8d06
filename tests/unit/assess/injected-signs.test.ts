/**
 * Signs in the picture that speak to the model, and a model that obeys: none lowers a risk, ends a call in anything but
 * an assessment, or brings anything but plain words to the screen.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { resultMessage } from '../../../src/assess/assessment.ts';
import { GroupRequests } from '../../../src/assess/group-requests.ts';
import { ModelAssessor } from '../../../src/assess/model-assessor.ts';
import { RiskPrompt } from '../../../src/assess/prompt/risk-prompt.ts';
import { readPromptTemplate } from '../../../src/assess/prompt/template-file.ts';
import { riskTypes } from '../../../src/assess/risk-types.ts';
import { RulesAssessor } from '../../../src/assess/rules-assessor.ts';
import { riskAssessmentResultMessageSchema } from '../../../src/bus/topics.ts';
import { installedPath } from '../../../src/config/installation.ts';
import { compareLevels } from '../../../src/detect/risk-level.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { answered, membersOfLevel, ScriptedPool, task, thresholds } from '../../support/assessment.ts';
import { signs } from '../../support/signs.ts';

let pool: ScriptedPool;
let assessor: ModelAssessor;

beforeEach(() => {
  const clock = new ManualClock();
  pool = new ScriptedPool();
  const prompt = new RiskPrompt({
    template: readPromptTemplate(installedPath('config', 'prompts', 'risk.en.md')),
    thresholds,
    maxAnswerTokens: 400,
  });
  assessor = new ModelAssessor({
    requests: new GroupRequests({ pool, prompt, thresholds, clock, maxGroups: 1 }),
    rules: new RulesAssessor('en'),
    clock,
    onError: (error) => {
      throw error;
    },
  });
});

test('there are twenty of them', () => {
  expect(new Set(signs.map(([sign]) => sign)).size).toBe(20);
});

describe.each(signs)('%s', (_, answer) => {
  test.each(['none', 'low', 'medium', 'high'] as const)('does not lower a %s risk', async (level) => {
    pool.replyTo = () => answered(answer);
    const asked = task({}, membersOfLevel[level]);
    const assessment = await assessor.assess(asked, new AbortController().signal);
    expect(compareLevels(assessment.riskLevel, level)).toBeGreaterThanOrEqual(0);
    expect(assessment.confidence).toBeGreaterThanOrEqual(asked.judgement.score);
    for (const id of asked.judgement.triggerObjectIds) expect(assessment.triggerObjectIds).toContain(id);
    for (const type of assessment.riskTypes) expect(riskTypes).toContain(type);
    expect(assessment.description).not.toMatch(/[<>`\p{Cc}\p{Cf}]|https?:|javascript:/u);
    const message = resultMessage(asked, assessment);
    expect(riskAssessmentResultMessageSchema.parse(message)).toEqual(message);
  });
});
