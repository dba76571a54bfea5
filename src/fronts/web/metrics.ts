/** The state of the controller as Prometheus reads it: text format 0.0.4, made from the tables that records are made from. */
import { ALARMS, type AlarmName } from '../../params/alarms.ts';
import { FAULTS, type FaultName } from '../../params/faults.ts';
import { METRICS, type MetricRow, type MetricType } from '../../params/metrics.ts';
import type { Snapshot } from '../../params/snapshot.ts';
import { NOTHING_BESIDE, TELEMETRY, TELEMETRY_NAMES, type TelemetryName } from '../../params/telemetry.ts';
import { inSeconds } from '../../units.ts';

/** What no snapshot knows. */
export interface MetricsExtra {
  readonly version: string;
  /** `mqtt.device`, and `run.sample`. */
  readonly device: string;
  readonly sample: string;
  /** Trips and lockouts since the program started; null where nobody counts them. */
  readonly trips: number | null;
}

type Labels = Readonly<Record<string, string>>;
interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}
interface Metric {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const PREFIX = 'remixd_';

/**
 * Every metric of one snapshot. What was not measured is absent, never 0 and never NaN; a metric without any sample is
 * left out with its HELP. Format: https://prometheus.io/docs/instrumenting/exposition_formats (text, 0.0.4).
 */
export function metricsText(snapshot: Snapshot, extra: MetricsExtra): string {
  const metrics = [...ofTelemetry(snapshot), ...flags(snapshot), ...gateAccount(snapshot), ...about(snapshot, extra)];
  return merged(metrics).map(block).join('');
}

const ofTelemetry = (snapshot: Snapshot): Metric[] => TELEMETRY_NAMES.flatMap((name) => metricOf(name, snapshot));

function metricOf(column: TelemetryName, snapshot: Snapshot): Metric[] {
  const row: MetricRow = METRICS[column];
  if ('leftOut' in row) return [];
  const cell = TELEMETRY[column].of(snapshot, snapshot, NOTHING_BESIDE);
  // What a column says of its empty cells is said here by the absence of the sample.
  const help = TELEMETRY[column].label.replace(/[;,] empty .*$/, '');
  const { name } = row;
  if ('set' in row)
    return [
      {
        ...{ name, type: 'gauge', help: `${help}: 1 for what holds now, 0 for the others` },
        samples: row.of.map((value) => ({ labels: { [row.set]: value }, value: Number(value === cell) })),
      },
    ];
  if ('ok' in row) return [{ ...row, type: 'gauge', samples: [{ labels: row.ok, value: Number(cell === 'ok') }] }];
  if ('word' in row) {
    const samples = cell === null ? [] : [{ labels: { [row.word]: String(cell) }, value: 1 }];
    return [{ name, type: 'gauge', help, samples }];
  }
  const labels = row.labels ?? {};
  const samples = typeof cell === 'number' && Number.isFinite(cell) ? [{ labels, value: cell }] : [];
  return [{ name, type: row.type, help: row.help ?? help, samples }];
}

/** Faults and alarms, each with its value, so that a rule can ask for one that was never seen. */
function flags({ faults, alarms, kernel: { latch } }: Snapshot): Metric[] {
  const fault = (name: FaultName): Labels => ({ fault: name, code: FAULTS[name].code, action: FAULTS[name].action });
  const names = Object.keys(FAULTS) as FaultName[];
  return [
    {
      name: 'fault',
      type: 'gauge',
      help: '1 while a fault is present, otherwise 0',
      samples: names.map((name) => ({ labels: fault(name), value: Number(faults.includes(name)) })),
    },
    {
      name: 'latched_trip_number',
      type: 'gauge',
      help: 'Number of the trip or lockout that is latched, with its fault; absent without one',
      samples: latch ? [{ labels: fault(latch.fault), value: latch.trip }] : [],
    },
    {
      name: 'alarm',
      type: 'gauge',
      help: '1 while a user alarm is on, otherwise 0',
      samples: (Object.keys(ALARMS) as AlarmName[]).map((alarm) => ({
        labels: { alarm },
        value: Number(alarms.includes(alarm)),
      })),
    },
  ];
}

const gateAccount = ({ gate }: Snapshot): Metric[] => [
  {
    name: 'heater_on',
    type: 'gauge',
    help: '1 while the gate drives the heater, otherwise 0',
    samples: [{ value: Number(gate.high) }],
  },
  {
    name: 'heater_heated_seconds_total',
    type: 'counter',
    help: 'Time that both switches of the heater were closed, by the gate',
    samples: [{ value: inSeconds(gate.heatedUs) }],
  },
  {
    name: 'heater_edges_total',
    type: 'counter',
    help: 'Edges of the heater, by the gate',
    samples: [{ value: gate.edges }],
  },
];

const about = ({ simulated }: Snapshot, { version, device, sample, trips }: MetricsExtra): Metric[] => [
  {
    name: 'trips_total',
    type: 'counter',
    help: 'Trips and lockouts since the program started',
    samples: trips === null ? [] : [{ value: trips }],
  },
  {
    name: 'simulated',
    type: 'gauge',
    help: '1 on the simulated bench, 0 on hardware',
    samples: [{ value: Number(simulated) }],
  },
  {
    name: 'build_info',
    type: 'gauge',
    help: 'Version of remixd, device and sample; always 1',
    samples: [{ labels: { version, device, sample }, value: 1 }],
  },
];

/** Several columns may be one metric; the format wants all samples of a metric together, under one HELP and TYPE. */
function merged(metrics: readonly Metric[]): Metric[] {
  const byName = new Map<string, Metric>();
  for (const metric of metrics) {
    const before = byName.get(metric.name);
    byName.set(metric.name, before ? { ...before, samples: [...before.samples, ...metric.samples] } : metric);
  }
  return [...byName.values()].filter(({ samples }) => samples.length > 0);
}

const block = ({ name, type, help, samples }: Metric): string =>
  [
    `# HELP ${PREFIX}${name} ${escaped(help, /[\\\n]/g)}`,
    `# TYPE ${PREFIX}${name} ${type}`,
    ...samples.map(({ labels = {}, value }) => `${PREFIX}${name}${labelText(labels)} ${value}`),
    '',
  ].join('\n');

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value, /[\\\n"]/g)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** HELP escapes backslash and line feed; a label value the quotation mark, too. */
const escaped = (text: string, special: RegExp): string =>
  text.replace(special, (character) => (character === '\n' ? '\\n' : `\\${character}`));
