import type { Clock } from '../../base/clock.ts';
import type { Contact } from '../../contract/index.ts';
import type { Book, GridDatabase } from '../database.ts';

export interface StoreOptions {
  readonly database: GridDatabase;
  readonly book: Book;
  readonly clock: Clock;
  /** Told the name of each step of a booking, inside its transaction; tests stop the process there. */
  readonly step?: (name: StoreStep) => void;
}

export const storeSteps = ['record-begun', 'record-booked', 'record-remembered', 'record-committed'] as const;
export type StoreStep = (typeof storeSteps)[number];

/** Who decides about a project; `name` is that of the manager or the organization. */
export interface ManagedBy {
  readonly kind: 'person' | 'manager' | 'organization';
  readonly name: string | null;
}

/** How whoever decides about a project named it last. */
export interface Named {
  /** Which need not be the master URL, though it leads there. */
  readonly url: string;
  /** SHA-256 (hex) of the account key that they gave: a VM's key cannot be read again, and may be a weaker one. */
  readonly keyDigest: string;
}

/** What was told last of the account and this host; in the project's own unit. */
export interface Standing {
  /** Epoch ms. */
  readonly at: number;
  readonly hostTotal: number;
  readonly hostRecent: number;
  readonly userTotal: number;
  readonly userRecent: number;
  readonly userName: string;
  readonly diskBytes: number | null;
}

export interface JoinedProject {
  /** The grid's id, which names its VM, too. The same address always gets the same. */
  readonly id: string;
  /** The master URL, with a slash at its end. */
  readonly url: string;
  readonly name: string;
  readonly share: number;
  readonly noNewWork: boolean;
  readonly suspended: boolean;
  readonly managedBy: ManagedBy;
  /** null: by nobody but the person. */
  readonly named: Named | null;
  readonly contacts: readonly Contact[];
  /** `joining`: the project has not answered to its VM yet; `leaving`: its VM and disk are still there. */
  readonly state: 'joining' | 'joined' | 'leaving';
  readonly hostId: string | null;
  readonly weakKey: boolean;
  /** Whether the account key may lie nowhere but with the host: it is not safe in the VM's disk yet. */
  readonly keyHeld: boolean;
  /** Of its client's RPC; worthless outside of its VM. */
  readonly rpcPassword: string | null;
  readonly standing: Standing | null;
  /** Epoch ms. */
  readonly joinedAt: number;
}

export interface NewProject {
  readonly url: string;
  readonly name: string;
  readonly share: number;
  readonly noNewWork?: boolean;
  readonly suspended?: boolean;
  readonly managedBy: ManagedBy;
  readonly named?: Named | null;
  readonly contacts: readonly Contact[];
  readonly weakKey: boolean;
}
