import { join } from 'node:path';
import { copiedAttributes, type PoolPolicy } from '../contract/pool.ts';
import type { CatalogState } from './state.ts';

/**
 * The collector puts it into each machine's ad: who the machine has proved to be, by its token. It is copied into the
 * job's ad with what the machine says of itself, so that no host can pass for another one.
 */
export const provenIdentity = 'AuthenticatedIdentity';

/** A host's identity, as its token has it. */
export function identityOf(host: string, pool: string): string {
  return `exec-${host}@${pool}`;
}

/**
 * A host that says nothing for so long is frozen, asleep, off or out of reach: it tells of itself every 30 s. Its jobs
 * have their lease; new ones go elsewhere. The collector keeps what it said for a quarter of an hour.
 */
export const silentSeconds = 75;

/** One epoch file, in bytes, and how many older ones are kept: about 100,000 executions each, at 5 KB. */
const epochFileBytes = 512 * 1024 * 1024;
const epochRotations = 20;

/** HTCondor's configuration for the pool's own machines. Pure. */
export function poolConf(
  { pool, collector, name }: CatalogState,
  { leaseSeconds }: PoolPolicy,
  dirPath: string,
): string {
  return `# HTCondor's side of Gleaner for the pool ${pool} (${oneLine(name)}).
#
# For the central manager and every submit node: copy it to /etc/condor/config.d/ and run condor_reconfig.
# Expects HTCondor 10 or newer with Debian's own configuration (use security:recommended_v9_0), a pool that
# works with CONDOR_HOST or COLLECTOR_HOST set, and the pool's signing key in /etc/condor/passwords.d/POOL.
# "gleaner pool policy set --lease" writes this file anew: put settings of your own into another one.

# By this the gleaner command knows that it is on a machine of the pool.
GLEANER_POOL = ${pool}

# Tokens name the pool; hosts find the collector at ${collector.address}:${collector.port}.
TRUST_DOMAIN = ${pool}

# One port for all daemons: each host is let through to this one, and to nothing else.
USE_SHARED_PORT = True

# Hosts may advertise themselves with a token of their own, and whoever could before still may. A name with any
# other prefix than exec- is no host. The token is all that proves a name, so nothing weaker is taken from afar.
if defined ALLOW_ADVERTISE_STARTD
  ALLOW_ADVERTISE_STARTD = $(ALLOW_ADVERTISE_STARTD) ${identityOf('*', pool)}
else
  ALLOW_ADVERTISE_STARTD = $(ALLOW_DAEMON) ${identityOf('*', pool)}
endif
if defined ALLOW_ADVERTISE_MASTER
  ALLOW_ADVERTISE_MASTER = $(ALLOW_ADVERTISE_MASTER) ${identityOf('*', pool)}
else
  ALLOW_ADVERTISE_MASTER = $(ALLOW_DAEMON) ${identityOf('*', pool)}
endif
SEC_ADVERTISE_STARTD_AUTHENTICATION = REQUIRED
SEC_ADVERTISE_STARTD_INTEGRITY = REQUIRED
SEC_ADVERTISE_STARTD_ENCRYPTION = REQUIRED
SEC_ADVERTISE_STARTD_AUTHENTICATION_METHODS = FS, IDTOKENS
SEC_ADVERTISE_MASTER_AUTHENTICATION = REQUIRED
SEC_ADVERTISE_MASTER_INTEGRITY = REQUIRED
SEC_ADVERTISE_MASTER_ENCRYPTION = REQUIRED
SEC_ADVERTISE_MASTER_AUTHENTICATION_METHODS = FS, IDTOKENS

# One record for each execution, on each submit node: what statements are made of. (condor_history credits a job
# to its last host alone.) A record has about 5 KB: a file holds 100,000 of them, and ${epochRotations} older files are kept.
JOB_EPOCH_HISTORY = $(SPOOL)/epoch_history
MAX_EPOCH_HISTORY_LOG = ${epochFileBytes}
MAX_EPOCH_HISTORY_ROTATIONS = ${epochRotations}

# Why an execution ended is HTCondor's to say, and not the job's or its owner's: what was lost is not paid.
PROTECTED_JOB_ATTRS = $(PROTECTED_JOB_ATTRS) VacateReasonCode

# The machine that an execution was on, in its record: which host, of which department, and who it has proved to be.
# The last one is enough, since there is a record for each.
SYSTEM_JOB_MACHINE_ATTRS = $(SYSTEM_JOB_MACHINE_ATTRS) ${[...copiedAttributes, provenIdentity].join(' ')}
SYSTEM_JOB_MACHINE_ATTRS_HISTORY_LENGTH = 1

# How long a host may be silent before its job starts elsewhere: the lease of the pool's policy. A job may ask for
# another one (job_lease_duration).
JOB_DEFAULT_LEASE_DURATION = ${leaseSeconds}

# A desktop goes without a word. Its submit node asks after so many seconds whether it is there (not after 360). How
# long it waits for an answer is up to the kernel, which waits for a quarter of an hour if it is not told otherwise: see
# "Silent computers" in docs/pool.md.
TCP_KEEPALIVE_INTERVAL = 60

# A host tells of itself every 30 s. One that is silent gets no new job: it is frozen, asleep, off or out of reach,
# and what the collector still has of it would be matched again and again.
GLEANER_HEARD = (GleanerHost =?= undefined) || (time() - LastHeardFrom < ${silentSeconds})
if defined NEGOTIATOR_SLOT_CONSTRAINT
  NEGOTIATOR_SLOT_CONSTRAINT = ($(NEGOTIATOR_SLOT_CONSTRAINT)) && ($(GLEANER_HEARD))
else
  NEGOTIATOR_SLOT_CONSTRAINT = $(GLEANER_HEARD)
endif

# With more than about 3,000 hosts the collector needs more connections (three for each host), and so does the
# daemon that holds the port:
# COLLECTOR_MAX_FILE_DESCRIPTORS = 100000
# SHARED_PORT_MAX_FILE_DESCRIPTORS = 100000

# Hosts that "gleaner pool revoke-host" has shut out. Where this folder is not at hand, copy that file, too.
include ifexist : ${join(dirPath, 'condor', '91-gleaner-revoked.conf')}
`;
}

/** What shuts hosts out at once, on every machine of the pool. Pure. */
export function revokedConf(pool: string, hosts: readonly string[]): string {
  const head = `# Hosts of ${pool} that were revoked: written by "gleaner pool revoke-host", read after 90-gleaner.conf.\n`;
  if (hosts.length === 0) return `${head}# None.\n`;
  const sorted = [...hosts].sort();
  const identities = sorted.map((host) => identityOf(host, pool));
  return `${head}
GLEANER_REVOKED = ${listed(identities, ' ')}

# Their tokens open no new session.
GLEANER_REVOKED_TOKENS = stringListMember(sub, "${listed(identities, ',')}")
if defined SEC_TOKEN_REVOCATION_EXPR
  SEC_TOKEN_REVOCATION_EXPR = ($(SEC_TOKEN_REVOCATION_EXPR)) || $(GLEANER_REVOKED_TOKENS)
else
  SEC_TOKEN_REVOCATION_EXPR = $(GLEANER_REVOKED_TOKENS)
endif

# Sessions that are open may do nothing any more: neither advertise, nor be called through CCB, nor write.
DENY_DAEMON = $(DENY_DAEMON) $(GLEANER_REVOKED)
DENY_WRITE = $(DENY_WRITE) $(GLEANER_REVOKED)
DENY_ADVERTISE_STARTD = $(DENY_ADVERTISE_STARTD) $(DENY_DAEMON)
DENY_ADVERTISE_MASTER = $(DENY_ADVERTISE_MASTER) $(DENY_DAEMON)

# What they advertised before stays with the collector for a quarter of an hour: nothing is matched to it.
GLEANER_REVOKED_SLOTS = stringListMember(GleanerHost, "${listed(sorted, ',')}")
if defined NEGOTIATOR_SLOT_CONSTRAINT
  NEGOTIATOR_SLOT_CONSTRAINT = ($(NEGOTIATOR_SLOT_CONSTRAINT)) && ($(GLEANER_REVOKED_SLOTS) =!= True)
else
  NEGOTIATOR_SLOT_CONSTRAINT = $(GLEANER_REVOKED_SLOTS) =!= True
endif
`;
}

/** So long a logical line is still read as one by HTCondor, and by people; it goes on behind a backslash. */
function listed(names: readonly string[], separator: string): string {
  return names.join(`${separator}\\\n  `);
}

function oneLine(text: string): string {
  return text.replace(/[^\p{L}\p{N} ._-]/gu, ' ');
}
