/** `remixd commands`: what can be asked of a running controller, by every name it has. */

import { argumentsSchema, COMMAND_NAMES, commandRow, MQTT_COMMANDS } from '../params/commands.ts';
import { tableText } from './table.ts';

interface Listed {
  readonly name: string;
  readonly kind: 'act' | 'ask';
  readonly label: string;
  readonly why: string;
  readonly role: string;
  readonly heat: string;
  readonly where: string;
  readonly arguments: unknown;
  /** Arguments that somebody who is not at the bench must give. */
  readonly remotely: readonly string[];
  readonly aliases: {
    readonly mqtt: readonly { readonly name: string; readonly deprecated: boolean }[];
    readonly key: string | null;
    readonly cli: string | null;
  };
}

/** The command table as data; arguments as JSON Schema. */
export const listed = (): Listed[] =>
  COMMAND_NAMES.map((name) => {
    const { kind, label, why, role, heat, where, remotely = [], aliases } = commandRow(name);
    const mqtt = MQTT_COMMANDS.filter((command) => command.name === name).map(({ alias }) => ({
      name: alias.name,
      deprecated: alias.deprecated === true,
    }));
    return {
      name,
      kind,
      label,
      why,
      role,
      heat,
      where,
      arguments: argumentsSchema(name),
      remotely,
      aliases: { mqtt, key: aliases.key ?? null, cli: aliases.cli ?? null },
    };
  });

/** Prints the table. Returns the exit code 0. */
export function commands(json: boolean): number {
  process.stdout.write(json ? `${JSON.stringify(listed(), null, 1)}\n` : `${text()}\n`);
  return 0;
}

function text(): string {
  const rows = listed().map(({ name, kind, heat, where, label, aliases }) => {
    const mqtt = aliases.mqtt.map((one) => (one.deprecated ? `(${one.name})` : one.name)).join(' ');
    return [name, kind, heat, where, label, mqtt, aliases.key ?? '', aliases.cli ?? ''];
  });
  const all = [
    ['command', 'kind', 'heat', 'where', 'what it does', 'MQTT (deprecated)', 'key', 'command line'],
    ...rows,
  ];
  return tableText(all);
}
