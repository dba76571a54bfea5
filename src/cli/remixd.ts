/** The command line. One file per command does the work; here are only the words. */
import { Command, Option } from 'commander';
import { explain, settingsTable } from '../config/explain.ts';
import { startProblems } from '../daemon.ts';
import { version } from '../files/run-folder.ts';
import { gateLimitsFile } from '../hal/registry.ts';
import { isSettingKey, nearest } from '../params/check.ts';
import { MODE_NAMES, type Mode } from '../params/modes.ts';
import { FILM_POLICIES, type Policy } from '../params/policy.ts';
import { ConfigError, EXIT_CONFIG, listProblems } from '../params/problem.ts';
import { SETTING_KEYS } from '../params/settings.ts';
import type { Verdict } from '../params/verdict.ts';
import { acceptOffer } from './accept-offer.ts';
import { addAutotune } from './autotune.ts';
import { addBench } from './bench.ts';
import { addCollect } from './collect.ts';
import { commands } from './commands.ts';
import { commission } from './commission.ts';
import { doctor, probeSensors } from './doctor.ts';
import { addExport } from './export-words.ts';
import { addFindPattern } from './find-pattern.ts';
import { addHealth } from './health.ts';
import { addMessages } from './messages.ts';
import { misuse } from './misuse.ts';
import {
  benchOption,
  type Common,
  collect,
  configArguments,
  configOption,
  duration,
  filled,
  finite,
  jsonOption,
  load,
  positive,
  setOption,
  share,
  verdicts,
  whole,
} from './options.ts';
import { EXIT_CODES, EXIT_USAGE, guarded } from './output.ts';
import { addRecipe } from './recipe.ts';
import { addRemote } from './remote-words.ts';
import { reproduceCommand } from './reproduce.ts';
import { run } from './run.ts';
import { addRuns } from './runs-words.ts';
import { hasFailed, listing, listingText, simulate, summary } from './simulate.ts';
import { addTop } from './top.ts';
import { addWeb } from './web.ts';
import { addWhatIf } from './what-if.ts';
import { wire } from './wire.ts';

const program = new Command('remixd')
  .description(
    'Keeps mixed-halide perovskite emitters mixed with precisely timed heat pulses.\n' +
      'Start with: remixd run (simulated bench, live view) or remixd simulate --pattern 0.5/5 --seconds 600',
  )
  .version(version())
  .addHelpText('after', `\n${EXIT_CODES}`)
  // Every wrong use of the command line ends the same way: what commander found is told in our form.
  .configureOutput({ outputError: () => {} })
  .exitOverride((error) => {
    if (error.exitCode === 0) process.exit(0);
    if (error.code !== 'commander.help') process.stderr.write(`${listProblems([misuse(error)])}\n`);
    process.exit(EXIT_USAGE);
  });

interface RunFlags extends Common {
  readonly speed: number;
  readonly seconds?: number;
  readonly recipe?: string;
  readonly acknowledge?: number;
  readonly inject: string[];
  readonly reset?: boolean;
  readonly arm?: boolean;
}

program
  .command('run')
  .description('run the controller in real time with a live view; Ctrl-C leaves everything off')
  .addOption(configOption())
  .addOption(setOption())
  .addOption(benchOption())
  .option('--recipe <NAME>', 'recipe name or file, instead of the setting run.recipe', filled)
  .option('--speed <FACTOR>', 'simulated bench only: run this much faster than real time', positive, 1)
  .option('--seconds <N>', 'end by itself after N seconds of the bench’s time', duration)
  .option(
    '--inject <FAULT@SECONDS>',
    'simulated bench only: break something after that many seconds; may be repeated',
    collect,
    [],
  )
  .option('--acknowledge <TRIP>', 'acknowledge the trip with this number, found latched at the start', whole)
  .option('--arm', 'arm once, as soon as the bench is ready; the simulated bench does that by itself')
  .option('--reset', 'reset a lockout found at the start; only at the bench, with no current flowing')
  .action((flags: RunFlags) =>
    guarded(() =>
      run({
        load: () => load(flags, { state: true }),
        configArguments: configArguments(flags),
        recipe: flags.recipe ?? null,
        speed: flags.speed,
        seconds: flags.seconds ?? null,
        acknowledge: flags.acknowledge ?? null,
        inject: flags.inject,
        reset: flags.reset === true,
        arm: flags.arm === true,
      }),
    ),
  );

interface SimulateFlags extends Common {
  readonly pattern?: string;
  readonly mode?: Mode;
  readonly setpoint?: number;
  readonly swing?: number;
  readonly period?: number;
  readonly commission?: boolean;
  readonly recipe?: string;
  readonly light?: number;
  readonly current?: number;
  readonly sample?: string;
  readonly seed?: number;
  readonly seconds?: number;
  readonly inject: string[];
  readonly policy?: Policy;
  readonly out?: string;
  readonly failAbove?: number;
  readonly failOn: Verdict[];
  readonly list?: boolean;
}

program
  .command('simulate')
  .description(
    'run the whole controller on the simulated bench in virtual time; exit code 1 if it trips, does not arm or fails a --fail rule',
  )
  .addOption(configOption())
  .addOption(setOption())
  .addOption(benchOption())
  .option('--pattern <t/T>', 'pulse of t seconds every T seconds, or dc, or none', filled)
  .addOption(new Option('--mode <MODE>', 'control mode').choices(MODE_NAMES))
  .option('--setpoint <C>', 'setpoint of the temperature modes, °C', finite)
  .option('--swing <K>', 'swing of the film in swing mode, K peak to peak', finite)
  .option('--period <S>', 'period of the swing, s', finite)
  .option('--commission', 'commission the bench first (the quick way), and run with what that found')
  .option('--recipe <FILE>', 'recipe name or file, instead of a pattern or mode', filled)
  .option('--seconds <N>', 'length after arming (default 180, or the recipe’s own)', duration)
  .option('--light <L>', 'excitation 0..1 (1 = 50 W/cm²)', share)
  .option('--current <A>', 'heater current, A', finite)
  .option('--sample <NAME>', 'sample preset', filled)
  .option('--seed <N>', 'seed of all chance', finite)
  .option('--inject <FAULT@SECONDS>', 'break something after that many seconds; may be repeated', collect, [])
  .option('--out <DIR>', 'also write run.json, data.csv and events.csv', filled)
  .option(
    '--fail-above <SHARE>',
    'exit code 1 if a larger share of the film than this was ever segregated, 0..1',
    share,
  )
  .option('--fail-on <VERDICT>', 'exit code 1 if this is the last verdict in the light; may be repeated', verdicts, [])
  .addOption(
    new Option(
      '--policy <POLICY>',
      'what follows from the verdict (default: film.policy, tell where that is auto)',
    ).choices(FILM_POLICIES),
  )
  .option('--list', 'list all faults, samples and recipes')
  .addOption(jsonOption())
  .action((flags: SimulateFlags) =>
    guarded(async () => {
      if (flags.list) {
        process.stdout.write(flags.json ? `${JSON.stringify(listing(), null, 1)}\n` : `${listingText()}\n`);
        return 0;
      }
      const result = await simulate({
        loaded: load(flags, {
          extra: { 'heater.currentA': flags.current, 'sim.sample': flags.sample, 'sim.seed': flags.seed },
        }),
        pattern: flags.pattern ?? null,
        mode: flags.mode ?? null,
        setpointC: flags.setpoint ?? null,
        swingK: flags.swing ?? null,
        periodS: flags.period ?? null,
        commission: flags.commission === true,
        recipe: flags.recipe ?? null,
        policy: flags.policy ?? null,
        light: flags.light ?? null,
        seconds: flags.seconds ?? null,
        inject: flags.inject,
        out: flags.out ?? null,
        json: flags.json === true,
      });
      process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : `${summary(result)}\n`);
      const { failAbove = null, failOn } = flags;
      return hasFailed(result, { failAbove, failOn }) ? 1 : 0;
    }),
  );

interface ReproduceFlags extends Common {
  readonly out?: string;
  readonly seed?: number;
}

program
  .command('reproduce')
  .description(
    'check every statement of the papers through drivers, kernel and control; exit code 1 if one fails. ' +
      'A second block judges the same runs by their records alone',
  )
  .addOption(configOption())
  .addOption(setOption())
  .option('--seed <N>', 'seed of all chance', finite)
  .option('--out <DIR>', 'also write a self-contained HTML report with plots', filled)
  .addOption(jsonOption())
  .action((flags: ReproduceFlags) =>
    guarded(() =>
      reproduceCommand({
        loaded: load(flags, { extra: { 'sim.seed': flags.seed } }),
        out: flags.out ?? null,
        json: flags.json === true,
      }),
    ),
  );

interface CommissionFlags extends Common {
  readonly reference?: number;
  readonly referenceHot?: number;
  readonly thorough?: boolean;
  readonly light?: boolean;
  readonly acceptOffer?: boolean;
  readonly speed: number;
  readonly yes?: boolean;
}

program
  .command('commission')
  .description('measure a bench (dark levels, sensor offsets, emissivity, thermal response) and write its calibration')
  .addOption(configOption())
  .addOption(setOption())
  .addOption(benchOption())
  .option('--reference <C>', 'a reference thermometer beside the sample, °C (default: the thermocouple)', finite)
  .option(
    '--reference-hot <C>',
    'what it showed at the end of the longest heat before; sets the scale of the rise',
    finite,
  )
  .option('--thorough', '20 min instead of 100 s: shows the slow time constant as well')
  .option('--light', 'then also light the mixed film for up to 60 s: what leaks through the green filter')
  .option('--accept-offer', 'measure nothing: put the slow time constant in force that a run has learnt and offered')
  .option('--speed <FACTOR>', 'simulated bench only: run this much faster than real time', positive, 1)
  .option('--yes', 'ask nothing')
  .addOption(jsonOption())
  .action((flags: CommissionFlags) =>
    guarded(() => {
      const { yes = false, json = false } = flags;
      if (flags.acceptOffer) return acceptOffer({ loaded: load(flags), flags, yes, json });
      return commission({
        loaded: load(flags),
        referenceC: flags.reference ?? null,
        referenceHotC: flags.referenceHot ?? null,
        thorough: flags.thorough === true,
        light: flags.light === true,
        speed: flags.speed,
        yes,
        json,
      });
    }),
  );

addAutotune(program);
addFindPattern(program);
addWhatIf(program);

program
  .command('doctor')
  .description('examine computer, buses, sensors and gate, with a remedy for each finding; drives nothing')
  .addOption(configOption())
  .addOption(setOption())
  .addOption(jsonOption())
  .action((flags: Common) =>
    guarded(() =>
      doctor({
        loaded: load(flags, { state: true }),
        json: flags.json === true,
        sensors: probeSensors,
        gateConfText: gateLimitsFile,
      }),
    ),
  );

program
  .command('wire')
  .description('which header pin goes where, as a table and as a drawing')
  .addOption(configOption())
  .addOption(setOption())
  .option('--svg <FILE>', 'also write the drawing', filled)
  .addOption(jsonOption())
  .action((flags: Common & { readonly svg?: string }) =>
    guarded(() => wire({ loaded: load(flags), svg: flags.svg ?? null, json: flags.json === true })),
  );

addHealth(program);

program
  .command('commands')
  .description('everything that can be asked of a running controller: by key, over MQTT, on the command line')
  .addOption(jsonOption())
  .action((flags: { readonly json?: boolean }) => guarded(() => commands(flags.json === true)));

addBench(program);
addRecipe(program);
addTop(program);
addWeb(program);
addExport(program);
addMessages(program);
addRuns(program);
addRemote(program);
addCollect(program);

const config = program.command('config').description('show, check or explain the configuration');

config
  .command('show')
  .description('all settings with their values and where they come from')
  .addOption(configOption())
  .addOption(setOption())
  .addOption(jsonOption())
  .action((flags: Common) =>
    guarded(() => {
      const loaded = load(flags, { state: true });
      if (flags.json)
        process.stdout.write(`${JSON.stringify({ hash: loaded.hash, settings: loaded.settings }, null, 1)}\n`);
      else process.stdout.write(`${settingsTable(loaded)}\n`);
      return 0;
    }),
  );

config
  .command('check')
  .description('check a configuration; every problem in one listing, exit code 78')
  .addOption(configOption())
  .addOption(setOption())
  .addOption(jsonOption())
  .action((flags: Common) =>
    guarded(() => {
      try {
        const { hash, settings, dropped } = load(flags, { state: true });
        const problems = startProblems(settings);
        if (problems.length > 0) throw new ConfigError(problems);
        const leftOut = Object.fromEntries(dropped);
        const lines = [...dropped].map(([key, why]) => `Confirmed and left out: ${key} (${why}).\n`);
        process.stdout.write(
          flags.json
            ? `${JSON.stringify({ ok: true, hash, problems, leftOut })}\n`
            : `The configuration is valid (hash ${hash}).\n${lines.join('')}`,
        );
        return 0;
      } catch (error) {
        if (!flags.json || !(error instanceof ConfigError)) throw error;
        process.stdout.write(`${JSON.stringify({ ok: false, problems: error.problems }, null, 1)}\n`);
        return EXIT_CONFIG;
      }
    }),
  );

config
  .command('gate')
  .description('print the limits file of the gate process that belongs to this configuration')
  .addOption(configOption())
  .addOption(setOption())
  .action((flags: Common) =>
    guarded(() => {
      process.stdout.write(gateLimitsFile(load(flags).settings));
      return 0;
    }),
  );

config
  .command('explain')
  .argument('<key>', 'a setting, for example pulse.onMs, or a group of them, for example pulse')
  .description('what a setting is, its range, and where its value comes from')
  .addOption(configOption())
  .addOption(setOption())
  .action((key: string, flags: Common) =>
    guarded(() => {
      if (!isSettingKey(key)) {
        const rows = settingsTable(load(flags, { state: true })).split('\n');
        const group = rows.filter((line) => line.startsWith(`${key}.`));
        if (group.length > 0) {
          process.stdout.write(`${group.join('\n')}\n`);
          return 0;
        }
        const near = nearest(key, SETTING_KEYS);
        const remedy = near ? `Did you mean ${near}?` : 'remixd config show lists all.';
        throw new ConfigError([{ code: 'CONFIG_UNKNOWN', path: key, got: key, allowed: 'a declared setting', remedy }]);
      }
      process.stdout.write(`${explain(key, load(flags, { state: true }))}\n`);
      return 0;
    }),
  );

await program.parseAsync();
