/**
 * The page’s side of the house, as tables: every route of its server with who may use it, how large a body may be, and what
 * server, controller and browser hand each other. The server, its tests, the OpenAPI document and the clients are projections.
 */
import { z } from 'zod';
import { argumentsFor, COMMAND_NAMES, type CommandName, commandRow, type Role } from './commands.ts';

/** Everything but the files of the page lies below this path. */
export const API = '/api/v1';
/** Where Prometheus looks by default. */
export const METRICS_PATH = '/metrics';
/** The Content-Type of Prometheus’ text format. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Longest body of a request, bytes; a recipe is the longest thing that is sent. */
export const MOST_BODY = 65_536;
/** An answer to a command that was given before is remembered by the key of the request; so many are. */
export const REMEMBERED_ORDERS = 256;

/** The roles of a token, from the least to the most: each is allowed what those before it are. */
export const LEVELS = {
  see: ['see'],
  run: ['see', 'run'],
  tune: ['see', 'run', 'tune'],
} as const satisfies Record<Role, readonly Role[]>;

export interface RouteRow {
  readonly method: 'GET' | 'POST';
  /** Below API; `{name}` stands for one part of a path. */
  readonly path: string;
  /** What a token must be allowed; null = no token is needed. */
  readonly role: Role | null;
  readonly summary: string;
  /** What may stand behind the path, each as it is understood. */
  readonly query?: Readonly<Record<string, z.ZodType>>;
  /** JSON that a POST must bring. */
  readonly body?: z.ZodType;
  /** What the answer is, where it is not JSON. */
  readonly type?: string;
  /** The command of the desk that it hands on. */
  readonly command?: CommandName;
}

const nothing = z.strictObject({});
/** A recipe as JSON; its own checks come later. */
const recipeBody = z.strictObject({ recipe: z.record(z.string(), z.unknown()) });
const secret = z.string().min(1).max(200);
const route = <const R extends RouteRow>(it: R): R => it;

/** Where a run is named, it is by the name of its folder. */
export const RUN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
export const RECIPE_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

const FIXED = {
  signIn: route({
    method: 'POST',
    path: '/session',
    role: null,
    summary: 'Signs a browser in with a token: sets a cookie that no script can read.',
    body: z.strictObject({ secret }),
  }),
  signOut: route({
    method: 'POST',
    path: '/session/end',
    role: 'see',
    summary: 'Signs this browser out.',
    body: nothing,
  }),
  whoAmI: route({ method: 'GET', path: '/session', role: 'see', summary: 'Name and roles of the token.' }),
  about: route({
    method: 'GET',
    path: '/about',
    role: 'see',
    summary:
      'What does not change while the program runs: device, limits, and the tables of settings, faults, commands, columns.',
  }),
  state: route({ method: 'GET', path: '/state', role: 'see', summary: 'The state now, as the stream sends it.' }),
  stream: route({
    method: 'GET',
    path: '/stream',
    role: 'see',
    type: 'text/event-stream',
    query: { last: z.string().max(64).optional() },
    summary:
      'Server-sent events: `state` (whole, up to 5 a second), `event` (one each, numbered). With Last-Event-ID, or `last`, the events since that one come first; `gap` says that some of them are gone.',
  }),
  events: route({
    method: 'GET',
    path: '/events',
    role: 'see',
    query: { after: z.int().min(0).default(0), limit: z.int().min(1).max(1000).default(1000) },
    summary:
      'The newest events of the program, oldest first; `after` names the number of the last one that is known. `past`: those of earlier starts in the last hour.',
  }),
  chart: route({
    method: 'GET',
    path: '/chart',
    role: 'see',
    query: {
      span_s: z.number().min(1).max(86_400).default(300),
      points: z.int().min(2).max(2000).default(600),
      after_s: z.number().optional(),
    },
    summary:
      'Measurements of the last `span_s` seconds in at most `points` rows, with least and largest value of each; absent ones are null. `after_s`: only the row of this time and later ones.',
  }),
  recipes: route({
    method: 'GET',
    path: '/recipes',
    role: 'see',
    summary: 'The recipes of this device: those that came with it, and its own.',
  }),
  recipe: route({
    method: 'GET',
    path: '/recipes/{name}',
    role: 'see',
    summary: 'One recipe as it stands in its file.',
  }),
  checkRecipe: route({
    method: 'POST',
    path: '/recipes/check',
    role: 'see',
    summary: 'Everything that is wrong with a recipe, each with a remedy; nothing is kept.',
    body: recipeBody,
  }),
  dryRun: route({
    method: 'POST',
    path: '/recipes/dry-run',
    role: 'see',
    summary:
      'Plays a recipe on the simulated bench as fast as possible: what it reaches, and a picture. One at a time.',
    body: recipeBody,
  }),
  keepRecipe: route({
    method: 'POST',
    path: '/recipes/{name}/keep',
    role: 'tune',
    summary: 'Keeps a recipe of this device under this name. Keeping one starts nothing.',
    body: recipeBody,
  }),
  dropRecipe: route({
    method: 'POST',
    path: '/recipes/{name}/drop',
    role: 'tune',
    summary: 'Takes a recipe of this device away. Those that came with it stay.',
    body: nothing,
  }),
  runs: route({
    method: 'GET',
    path: '/runs',
    role: 'see',
    summary: 'The recorded runs, newest first, as their run.json and their descriptions have them.',
  }),
  runReport: route({
    method: 'GET',
    path: '/runs/report',
    role: 'see',
    type: 'text/html',
    query: { runs: z.string().min(1).max(1000) },
    summary: 'A page to print about up to six runs, named with commas between them; FOLDER:N is run N of a record.',
  }),
  run: route({
    method: 'GET',
    path: '/runs/{name}',
    role: 'see',
    summary:
      'Figures of merit of each run of a record, with the reason where there is none, verdicts over time, description.',
  }),
  runSeries: route({
    method: 'GET',
    path: '/runs/{name}/series',
    role: 'see',
    query: { run: z.int().min(0).optional(), points: z.int().min(10).max(2000).default(600) },
    summary: 'Columns of a run for a picture: least and largest value of each stretch; a gap has no values.',
  }),
  runFile: route({
    method: 'GET',
    path: '/runs/{name}/files/{file}',
    role: 'see',
    type: 'application/octet-stream',
    summary: 'run.json, data.csv, events.csv or notes.json of a record’s folder.',
  }),
  runNotes: route({
    method: 'POST',
    path: '/runs/{name}/notes',
    role: 'run',
    summary:
      'Changes the description beside a record; the record itself is never written again. null takes a field back.',
    body: z.strictObject({ patch: z.record(z.string(), z.unknown()) }),
  }),
  openapi: route({
    method: 'GET',
    path: '/openapi.json',
    role: 'see',
    summary: 'This interface as an OpenAPI 3.1 document.',
  }),
  asyncapi: route({
    method: 'GET',
    path: '/asyncapi.json',
    role: 'see',
    summary: 'The topics of MQTT as an AsyncAPI 3.0 document.',
  }),
} as const satisfies Record<string, RouteRow>;

/** What the page’s server answers by itself: live values by the stream, runs from their folders. */
const ELSEWHERE: readonly CommandName[] = ['live', 'runs'];
/** Whether this way may give a command. */
const offered = (name: CommandName): boolean => commandRow(name).where !== 'bench' && !ELSEWHERE.includes(name);

/** What every order brings beside the arguments of its command. */
const ORDER = {
  id: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'up to 64 letters, digits and dashes')
    .describe('A name for this order: the same order sent again gets the same answer and is not carried out twice.')
    .optional(),
};
const nonce = z.string().max(64).describe('`nonce` of the present state; a void one is answered with 410.');

/** The body of a command’s request. */
export function orderOf(name: CommandName): z.ZodObject {
  const { heat } = commandRow(name);
  const shape = { ...ORDER, ...argumentsFor(name, true).shape, ...(heat === 'adds' && { nonce }) };
  return z.strictObject(shape);
}

const ofCommand = (name: CommandName): RouteRow => {
  const { label, why, role } = commandRow(name);
  return {
    method: 'POST',
    path: `/commands/${name}`,
    role,
    summary: `${label}. ${why}`,
    body: orderOf(name),
    command: name,
  };
};

export const WEB_COMMANDS: readonly CommandName[] = COMMAND_NAMES.filter(offered);
/** Every route by name; those of commands by `command:NAME`. */
export const ROUTES: Readonly<Record<string, RouteRow>> = {
  ...FIXED,
  ...Object.fromEntries(WEB_COMMANDS.map((name) => [`command:${name}`, ofCommand(name)])),
  metrics: {
    method: 'GET',
    path: METRICS_PATH,
    role: 'see',
    type: METRICS_TYPE,
    summary: 'The newest measurements and states for Prometheus.',
  },
};

/** The whole path of a route. */
export const pathOf = ({ path }: RouteRow): string => (path === METRICS_PATH ? path : `${API}${path}`);

/** Columns of the chart: what the page draws over time. */
export const CHART_COLUMNS = [
  'tc_c',
  'ir_c',
  'film_c',
  'setpoint_c',
  'pl_green_v',
  'pl_red_v',
  'pl_reference_v',
  'pl_dark_v',
  'segregated',
  'segregated_error',
  'swing_k',
  'swing_expected_k',
  'light',
  'achieved',
] as const;
