/**
 * Smooth weighted round robin, as Nginx does it: over one round each choice comes as often as its
 * weight says, spread evenly (weights 5, 1, 1 give a a b a c a a).
 *
 * Source: Nginx, `ngx_http_upstream_get_peer`.
 *
 * @param choices with integer weights from 0, at least one above 0
 * @returns a function that gives the next choice
 */
export function smoothWeighted<Choice extends { weight: number }>(
  choices: readonly Choice[],
): () => Choice {
  const total = choices.reduce((sum, { weight }) => sum + weight, 0);
  const peers = choices
    .filter(({ weight }) => weight > 0)
    .map((choice) => ({ choice, current: 0 }));
  return () => {
    for (const peer of peers) peer.current += peer.choice.weight;
    const best = peers.reduce((left, right) => (right.current > left.current ? right : left));
    best.current -= total;
    return best.choice;
  };
}
