import { describe, expect, it } from 'vitest';
import { recordsWords } from '../../src/cli/records-words.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { byRecords, claims } from '../../src/reproduce/by-records.ts';
import { judged } from '../../src/reproduce/judgement.ts';
import { Lab } from '../../src/reproduce/lab.ts';
import { recordsTable } from '../../src/reproduce/records-table.ts';
import { reproduce } from '../../src/reproduce/reproduce.ts';

const { lab, records, ok } = reproduce(defaultSettings());
const of = (id: string) => records.find((one) => one.id === id);

/** The same runs, whose truth is `truth` everywhere. */
class Untrue extends Lab {
  constructor(private readonly truth: number) {
    super(lab.settings);
  }

  override run(...order: Parameters<Lab['run']>): ReturnType<Lab['run']> {
    const experiment = lab.run(...order);
    const series = Object.fromEntries(
      Object.entries(experiment.series).map(([name, column]) => [
        name,
        new Float64Array(column.length).fill(this.truth),
      ]),
    ) as unknown as typeof experiment.series;
    return { ...experiment, series: { ...series, t: experiment.series.t }, snapshots: [], simulation: {} as never };
  }
}

describe('the papers by the records of the runs', () => {
  it('tell what the light path, the thermometers and the power meter can', () => {
    const ids = (word: string): string[] => records.filter((one) => one.word === word).map(({ id }) => id);
    expect(ids('holds')).toEqual([
      ...['R1', 'R2', 'R3', 'R4', 'R5', 'R7', 'R11', 'R12', 'R13', 'R14', 'R15', 'R24', 'R25', 'R26'],
      ...['RS3', 'RS4', 'RS6'],
    ]);
    expect(ids('does not hold')).toEqual(['R20', 'RS2', 'RS10']);
    expect(ids('cannot be told')).toEqual(['R6', 'R8', 'R9', 'R10', 'R16', 'R17', 'R18', 'R19', 'R21', 'R22']);
  });

  it('differ from the truth where the light path takes another colour, or none, for segregation; that is no failure', () => {
    expect(records.filter(({ differ }) => differ.length > 0).map(({ id, differ }) => [id, differ])).toEqual([
      ['R20', ['fapb-br0.9-i2.1 held']],
      ['RS2', ['wash-methyl-acetate', 'wash-acetone']],
      ['RS10', ['leakSegregated']],
    ]);
    expect(ok).toBe(true);
  });

  it('have a detection limit far below the 2 % that 0.5/5 s is judged by', () => {
    expect(of('R14')?.limit).toBeGreaterThan(0);
    expect(of('R14')?.limit).toBeLessThan(0.002);
  });

  it('never open the truth: any truth gives the same words', () => {
    const judgements = (list: typeof records) =>
      list.map(({ truth: _truth, truthHolds: _holds, differ: _differ, ...rest }) => rest);
    for (const truth of [Number.NaN, 0, 1]) {
      const others = byRecords(new Untrue(truth));
      expect(judgements(others)).toEqual(judgements(records));
    }
    expect(byRecords(new Untrue(Number.NaN)).some(({ truthHolds }) => truthHolds)).toBe(false);
  });

  it('are judged from runs that have nothing but records', () => {
    const bare = claims((...order) => {
      const experiment = lab.run(...order);
      expect(Object.keys(experiment.records).sort()).toEqual(['ratio', 'readings', 'sightings']);
      return structuredClone(experiment.records);
    });
    expect(bare.map((claim) => judged(claim).word)).toEqual(records.map(({ word }) => word));
  });

  it('cannot be told with a light path that sees nothing', () => {
    const blind = claims((...order) => ({
      ...lab.run(...order).records,
      sightings: [
        {
          t: 0,
          verdict: 'CANNOT_SEE',
          sight: 'no-band',
          segregated: null,
          error: null,
          anchored: false,
          isCycle: false,
        },
      ],
    })).map(judged);
    const words = (id: string) => blind.find((one) => one.id === id)?.word;
    for (const id of ['R5', 'R11', 'R12', 'R13', 'R14', 'R24', 'R25', 'RS2']) expect(words(id)).toBe('cannot be told');
    for (const id of ['R1', 'R2', 'R3', 'R4', 'R26', 'RS4']) expect(words(id)).toBe('holds');
  });
});

describe('the block for a person', () => {
  const text = recordsWords(records);

  it('says of each statement what holds, with limit, reasons and the truth in a line of its own', () => {
    for (const { id } of records) expect(text).toMatch(new RegExp(`^(?:ok|NO|\\?) +${id} `, 'm'));
    expect(text).toMatch(/^ok +R14 .*: holds\n +records .*\(detection limit 0\.0\d+ %\)\n +truth +agrees: /m);
    expect(text).toMatch(
      /^\? +R6 .*: cannot be told\n +records +leftAfter150min not seen\n +unclear +leftAfter150min: DARK\n +truth +holds: /m,
    );
    expect(text).toMatch(
      /^NO +RS10 [\s\S]*?allowed +leakSegregated <= 0\.02\n[\s\S]*?truth +DISAGREES in leakSegregated: /m,
    );
    expect(text).toContain('By the records: 17 of 30 statements hold, 3 do not, 10 cannot be told');
    expect(text).toContain('the truth disagrees with R20, RS2, RS10.');
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('has the same in the report', () => {
    const html = recordsTable(records);
    for (const { id } of records) expect(html).toContain(`<th scope="row">${id}</th>`);
    expect(html.match(/<tr class="bad">/g)).toHaveLength(3);
    expect(html).toMatch(/<th scope="row">R6<.*not seen.*leftAfter150min: DARK.*cannot be told; truth holds/);
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
    expect(recordsTable([])).toBe('');
    const [first] = records;
    expect(recordsTable([{ ...first!, paper: '<script> & "x"' }])).toContain('&lt;script&gt; &amp; &quot;x&quot;');
  });
});
