import { turnaroundFigures } from './condor-jobs-done.ts';
import { joinFigures } from './condor-join.ts';
import { killFigures } from './condor-kill.ts';
import { pauseFigures } from './condor-pause.ts';
import { condorWorld } from './condor-world.ts';

// The other end of condor.ts.
const world = await condorWorld();
try {
  const { vm, plain, others } = await joinFigures(world);
  await turnaroundFigures(world, vm, plain);
  await pauseFigures(world, vm);
  await killFigures(world, vm, plain, others);
} finally {
  await world.dispose();
}
