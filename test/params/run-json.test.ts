import { describe, expect, it } from 'vitest';
import { runJsonOf, toldFacts } from '../../src/params/run-json.ts';
import { defaultSettings, toldSettings } from '../../src/params/settings.ts';

describe('what an earlier version has recorded', () => {
  it('is read without its secrets', () => {
    const settings = { ...defaultSettings(), 'messages.webhookUrl': 'https://hook.example/?key=1', gone: 5 };
    expect(runJsonOf({ settings }).settings).toEqual(toldSettings(settings));
    expect(runJsonOf({ settings }).settings).toMatchObject({ gone: 5, 'messages.timeoutS': 20 });
    expect(runJsonOf({ settings }).settings).not.toHaveProperty(['messages.webhookUrl']);
  });

  it('is read whatever it is', () => {
    for (const settings of [undefined, null, 5, 'x']) expect(runJsonOf({ settings }).settings).toEqual({});
    for (const text of ['5', 'null', '[]', '{"settings":5}']) expect(toldFacts(text)).toBe(text);
    expect(toldFacts('{')).toBeNull();
  });
});
