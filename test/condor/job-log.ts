/** One event of a job's own log (HTCondor's manual, "Job Event Log Codes"). */
export interface JobEvent {
  /** 0 submitted, 1 executing, 4 evicted, 5 terminated, 22 disconnected, 23 reconnected, 24 reconnect failed, 12 held … */
  readonly code: number;
  readonly cluster: number;
  readonly proc: number;
  /** All of its lines. */
  readonly text: string;
}

/** Reads the events that are complete. Pure. */
export function parseJobLog(text: string): JobEvent[] {
  return text
    .split(/^\.\.\.\n/m)
    .slice(0, -1)
    .map((event) => {
      const [, code, cluster, proc] = /^(\d{3}) \((\d+)\.(\d+)\.\d+\)/.exec(event) ?? [];
      if (code === undefined) throw new Error(`this is no event of a job: ${event}`);
      return { code: Number(code), cluster: Number(cluster), proc: Number(proc), text: event };
    });
}
