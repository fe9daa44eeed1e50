/** Where the bench's other side listens, in its network of its own. */
export const peer = { address: '45.33.0.90', pour: 7001, take: 7002, echo: 7003, http: 7004 } as const;
