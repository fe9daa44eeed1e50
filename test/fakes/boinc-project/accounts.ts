import { createHash, randomBytes } from 'node:crypto';

export interface StandInUser {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  /** The account key, which can do everything. */
  readonly key: string;
  /** md5 of password and e-mail address, as BOINC's clients send it. */
  readonly passwordHash: string;
  /** Can do nothing but compute. */
  readonly weakKey: string;
  credit: number;
}

export interface StandInHost {
  readonly id: number;
  readonly userId: number;
  /** The client's own random name for its computer. */
  readonly cpid: string;
  /** Number of its latest request; a smaller one comes from an older copy of its state. */
  seqno: number;
  credit: number;
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** How BOINC's clients hash a password before they send it. */
export function passwordHashOf(email: string, password: string): string {
  return md5(password + email.toLowerCase());
}

/** The stand-in's users and their computers. */
export class Accounts {
  readonly #users: StandInUser[] = [];
  readonly hosts: StandInHost[] = [];

  create(email: string, passwordHash: string, name: string): StandInUser {
    const id = this.#users.length + 1;
    const key = randomBytes(16).toString('hex');
    const user = {
      id,
      email: email.toLowerCase(),
      name,
      key,
      passwordHash,
      weakKey: `${id}_${md5(key + passwordHash)}`,
      credit: 0,
    };
    this.#users.push(user);
    return user;
  }

  byEmail(email: string): StandInUser | undefined {
    return this.#users.find((user) => user.email === email.toLowerCase());
  }

  /** By the account key only. */
  byKey(key: string): StandInUser | undefined {
    return this.#users.find((user) => user.key === key);
  }

  /** By the account key or the weak one, as the scheduler takes them. */
  byAuthenticator(key: string): StandInUser | undefined {
    return this.#users.find((user) => user.key === key || user.weakKey === key);
  }

  byId(id: number): StandInUser | undefined {
    return this.#users.find((user) => user.id === id);
  }

  host(id: number): StandInHost | undefined {
    return this.hosts.find((host) => host.id === id);
  }

  /**
   * The computer that asks: known by its number, else by the client's name for it, else a new one.
   * @returns `told`: its number is news to it, as it is to one that went back to an older state
   */
  hostOf(
    user: StandInUser,
    { id, cpid, seqno }: { readonly id: number; readonly cpid: string; readonly seqno: number },
  ): { readonly host: StandInHost; readonly told: boolean } {
    const mine = this.hosts.filter((host) => host.userId === user.id);
    const same = mine.find((host) => host.id === id && host.seqno <= seqno);
    const host =
      same ?? mine.find((known) => cpid !== '' && known.cpid === cpid) ?? this.#newHost(user, cpid);
    host.seqno = same ? seqno : 0;
    return { host, told: same === undefined };
  }

  #newHost(user: StandInUser, cpid: string): StandInHost {
    const host = { id: 1000 + this.hosts.length, userId: user.id, cpid, seqno: 0, credit: 0 };
    this.hosts.push(host);
    return host;
  }

  /** Adds to a computer's credit and its user's; less than nothing is a correction. */
  grant(host: StandInHost, credit: number): void {
    host.credit += credit;
    const user = this.byId(host.userId);
    if (user) user.credit += credit;
  }
}
