// What `private-net.mjs` makes of its network namespace, for it and for the tests that run there. Nothing of it can
// be reached from outside, nor does anything there reach out: the ranges are answered for by the loopback device
// (Linux' "AnyIP"), so a test may listen on any address of them.

/** Ranges that the namespace answers for without any interface listing an address of them. */
export const answered = {
  /** Public, whatever their real owners do with them. */
  public4: '45.33.0.0/16',
  public6: '2600:3c00::/32',
  /** A company's network. */
  private4: '10.77.0.0/16',
  private6: 'fd77:1::/32',
  /** Carriers' shared addresses (RFC 6598), and the clouds' place for secrets (RFC 3927). */
  carrier4: '100.64.0.0/16',
  linkLocal4: '169.254.169.254/32',
} as const;

/** Public addresses that an interface of this namespace lists: the computer's own. */
export const own = { public4: '45.34.0.1', public6: '2600:3c01::1' } as const;

/** Set in the environment of whatever runs in there. */
export const insideVariable = 'GLEANER_PRIVATE_NET';

/** Name servers are asked here. */
export const nameServer = '127.0.0.1';
