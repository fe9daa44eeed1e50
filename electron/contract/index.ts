export * from './commands.ts';
export * from './failures.ts';
export * from './job.ts';
export * from './ledger.ts';
export * from './settings.ts';
export * from './snapshot.ts';
