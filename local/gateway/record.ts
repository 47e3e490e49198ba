/** A call or delivery that the platform would not or could not make, as AWS would not have, but here for all to see. */
export type Refusal = { atMs: number; operation: string; message: string };
export type DroppedDelivery = { atMs: number; from: string; to: string; reason: string; body: string };

/** What a host looks at to decide whether a run was sound. */
export type RunRecord = { refusals: Refusal[]; dropped: DroppedDelivery[] };
