/** The way to the MQTT broker. A run needs none: its interlocks are local. */
import { troubleLine } from '../../params/link-trouble.ts';
import { about, type Check, type Finding } from '../finding.ts';

export const link: Check = {
  hardware: false,
  look: async ({ settings, link: look }): Promise<readonly Finding[]> => {
    if (!look || settings['mqtt.broker'] === 'none') return [];
    const say = about('link', 'MQTT broker');
    const found = await look(settings);
    if (found === null) return [say.ok(`${settings['mqtt.broker']}: commands are heard`)];
    const { code, cause, remedy } = found;
    const text = `${settings['mqtt.broker']} [${code}]: ${troubleLine({ ...found, remedy: cause })}`;
    return [say.warn(`${text} Runs go on without it, but a remote stop is not heard.`, remedy)];
  },
};
