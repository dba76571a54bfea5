/** Messages that wait, a bounded number of them. Of several about the same the newest stands for all, with their count. */
import { subjectOf, type Told } from '../../params/messages.ts';

const MOST = 32;

export class Waiting<T extends Told = Told> {
  private readonly list: T[] = [];

  has(fits: (message: T) => boolean): boolean {
    return this.list.some(fits);
  }

  /** Adds one, at the place of an older one about the same; returns how many messages had to go for want of room. */
  add(message: T): number {
    const at = this.placeOf(message);
    const older = this.list[at];
    if (older) {
      this.list[at] = { ...message, count: message.count + older.count };
      return 0;
    }
    this.list.push(message);
    if (this.list.length <= MOST) return 0;
    // What is least important makes room, the oldest first; of trips alone the oldest.
    const least = [
      this.list.findIndex(({ urgent }) => !urgent),
      this.list.findIndex(({ kind }) => kind !== 'trip'),
      0,
    ].find((index) => index >= 0);
    return this.list.splice(least ?? 0, 1)[0]?.count ?? 0;
  }

  /** Puts one back that did not go out: first in its turn, or counted with a newer one about the same. */
  putBack(message: T): void {
    const at = this.placeOf(message);
    const newer = this.list[at];
    if (newer) this.list[at] = { ...newer, count: newer.count + message.count };
    else this.list.unshift(message);
  }

  /** Takes the next one of those that fit: trips first, then what is urgent, each in the order in which they came. */
  take(fits: (message: T) => boolean = () => true): T | undefined {
    const first = [
      this.list.findIndex((one) => one.kind === 'trip' && fits(one)),
      this.list.findIndex((one) => one.urgent && fits(one)),
      this.list.findIndex(fits),
    ].find((index) => index >= 0);
    return first === undefined ? undefined : this.list.splice(first, 1)[0];
  }

  /** Takes all that fit, in the order in which they came. */
  takeAll(fits: (message: T) => boolean = () => true): T[] {
    const taken = this.list.filter(fits);
    this.list.splice(0, this.list.length, ...this.list.filter((one) => !fits(one)));
    return taken;
  }

  private placeOf(message: T): number {
    const subject = subjectOf(message);
    return subject === null ? -1 : this.list.findIndex((one) => subjectOf(one) === subject);
  }
}
