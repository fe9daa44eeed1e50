import { lazy } from 'react';

/** The pages but for the first: each is read when it is opened, so that the window's first paint waits for none of them. */
export const pages = {
  Activity: lazy(async () => ({ default: (await import('./activity.tsx')).Activity })),
  Earnings: lazy(async () => ({ default: (await import('./earnings.tsx')).Earnings })),
  Grids: lazy(async () => ({ default: (await import('./grids.tsx')).Grids })),
  Health: lazy(async () => ({ default: (await import('./health.tsx')).Health })),
  Join: lazy(async () => ({ default: (await import('./join.tsx')).Join })),
  JoinPool: lazy(async () => ({ default: (await import('./join-pool.tsx')).JoinPool })),
  Preferences: lazy(async () => ({ default: (await import('./preferences.tsx')).Preferences })),
  Welcome: lazy(async () => ({ default: (await import('./welcome.tsx')).Welcome })),
};
