export * from './commands.ts';
export * from './failures.ts';
export * from './job.ts';
export * from './ledger.ts';
export * from './policy.ts';
export * from './settings.ts';
export * from './signals.ts';
export * from './snapshot.ts';
