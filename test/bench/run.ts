import { parseArgs } from 'node:util';
import { type Bench, type Figure, finished } from './figure.ts';

const names = [
  'boot',
  'freeze',
  'cap',
  'job',
  'checkpoint',
  'save',
  'ledger',
  'footprint',
  'ui',
  'decide',
  'yield',
  'sensors',
  'egress',
  'boinc',
  'condor',
  'statement',
  'install',
] as const;

const help = `npm run bench [-- --only NAME,…] [--json]

Measures Gleaner on this computer: ${names.join(', ')}.
Ratios are against a baseline measured in the same run; absolute times differ between computers.
--only NAME,…  these benches only
--json         one JSON line per figure on stdout, nothing else`;

const { values } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
const wanted = values.only?.split(',') ?? names;
const unknown = wanted.filter((name) => !names.some((known) => known === name));
if (unknown.length > 0) {
  console.error(`There is no bench named ${unknown.join(', ')}. There are: ${names.join(', ')}.`);
  process.exit(2);
}

const figures: Figure[] = [];
let failed = false;
for (const name of wanted) {
  const { bench } = (await import(`./${name}.ts`)) as { bench: Bench };
  if (!values.json) console.error(`${name}: ${bench.about}`);
  try {
    await bench.run((measured) => {
      const figure = finished(name, measured);
      figures.push(figure);
      if (values.json) console.log(JSON.stringify(figure));
    });
  } catch (error) {
    failed = true;
    console.error(`${name} could not be measured:`, error);
  }
}
if (!values.json) {
  console.table(
    figures.map(({ name, metric, value, unit, baseline, ratio, promise, holds }) => ({
      bench: name,
      metric,
      value: `${value} ${unit}`,
      baseline: baseline === undefined ? '' : `${baseline} ${unit}`,
      ratio: ratio ?? '',
      promise: promise ?? '',
      holds: holds === undefined ? '' : holds ? 'yes' : 'NO',
    })),
  );
}
process.exitCode = failed ? 1 : 0;
