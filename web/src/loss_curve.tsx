// The loss after each sweep of training.

const WIDTH = 480;
const HEIGHT = 200;
const LEFT = 64;
const BOTTOM = 30;
const TOP = 12;
const RIGHT = 12;

export function LossCurve({ loss }: { loss: number[] }) {
  if (loss.length < 2) return <p class="soft">No loss was kept: train with a sweep or more to see it fall.</p>;
  const low = Math.min(...loss);
  const high = Math.max(...loss);
  const x = (i: number) => LEFT + ((WIDTH - LEFT - RIGHT) * i) / (loss.length - 1);
  const y = (value: number) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - value)) / Math.max(high - low, 1e-300);
  const line = loss.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const every = Math.max(1, Math.ceil(loss.length / 10));
  const ticks = [high, (high + low) / 2, low];
  return (
    <figure class="loss">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Loss by sweep: from ${high.toPrecision(4)} to ${loss[loss.length - 1]!.toPrecision(4)} in ${loss.length} sweeps`}>
        {ticks.map((value) => (
          <g key={value}>
            <line x1={LEFT} x2={WIDTH - RIGHT} y1={y(value)} y2={y(value)} class="grid" />
            <text x={LEFT - 8} y={y(value) + 4} text-anchor="end">
              {value.toPrecision(4)}
            </text>
          </g>
        ))}
        {loss.map((_, i) => (i % every === 0 || i === loss.length - 1) && (
          <text key={i} x={x(i)} y={HEIGHT - 10} text-anchor="middle">
            {i + 1}
          </text>
        ))}
        <polyline points={`${LEFT},${HEIGHT - BOTTOM} ${line} ${WIDTH - RIGHT},${HEIGHT - BOTTOM}`} class="area" />
        <polyline points={line} class="curve" />
        {loss.map((value, i) => (
          <circle key={i} cx={x(i)} cy={y(value)} r={3.5} class="point">
            <title>{`sweep ${i + 1}: ${value}`}</title>
          </circle>
        ))}
      </svg>
      <figcaption class="soft">Loss by sweep</figcaption>
    </figure>
  );
}
