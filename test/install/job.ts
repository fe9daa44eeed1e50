/** The document of a job of so many seconds, whose result tells how often its first line ran. */
export function jobOf(seconds: number): string {
  const script =
    `echo begun >> begun; i=0; while [ $i -lt ${seconds} ]; do sleep 1; i=$((i + 1)); done; ` +
    'wc -l < begun > out/beginnings';
  return JSON.stringify({
    schema: 1,
    title: `Sleeps for ${seconds} s`,
    command: ['/bin/sh', '-c', script],
    resources: { vcpus: 1, memory: 64 * 1024 * 1024, disk: 64 * 1024 * 1024 },
    limits: { wall: 3600, cpu: 3600 },
  });
}
