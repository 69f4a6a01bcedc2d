// The model's card: what it was made of, how training went, and how exact its answers are.
import { get, mayHaveMap, type Model } from '../api';
import { useLoad } from '../load';
import { LossCurve } from '../loss_curve';
import { number, percent, plural } from '../text';
import { useTitle } from '../title';
import { Failed, Head, Waiting } from '../ui';

function Facts({ facts }: { facts: [string, string | number | undefined][] }) {
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function exactness({ similar }: Model): [string, string][] {
  if (!similar.recall) return [['similar items', `${similar.index}: all that there is to find`]];
  const { at_10, at_20, sample } = similar.recall;
  return [
    ['similar items', similar.index],
    ['of the true 10', percent(at_10)],
    ['of the true 20', percent(at_20)],
    ['measured at', plural(sample, 'item')],
  ];
}

/** What tells how training went; the rest of the options goes below it, folded. */
const TOLD = ['weighting', 'regularization', 'iterations', 'learning_rate', 'l2', 'neighbors', 'seed'];
const words = (option: string) => option.replaceAll('_', ' ');

function Settings({ settings }: { settings: Record<string, string> }) {
  const rest = Object.keys(settings).filter((option) => !TOLD.includes(option) && option !== 'factors');
  return (
    <>
      <Facts facts={TOLD.map((option) => [words(option), settings[option]])} />
      {rest.length > 0 && (
        <details class="more">
          <summary>{plural(rest.length, 'more option')}</summary>
          <Facts facts={rest.map((option) => [words(option), settings[option]])} />
        </details>
      )}
    </>
  );
}

/** What was measured, a table a measure: the model itself first, bars from 0 to the best. */
function Evaluated({ model }: { model: Model }) {
  const found = model.evaluation;
  if (!found) {
    return (
      <p class="soft">
        Not measured yet; <code>segue evaluate --card MODEL</code> holds a part of the data out, and writes here how much of it such a model finds.
      </p>
    );
  }
  const measures = [...new Set(found.figures.map((figure) => figure.metric))];
  return (
    <>
      <p class="soft">
        Held out: {plural(found.test, 'interaction')} of {plural(found.users, 'user')} ({found.split}); found by models trained alike on the other {number(found.train)}. In brackets the
        interval of the mean, at 95 %.
      </p>
      <div class="measures">
        {measures.map((measure) => {
          const rows = found.figures.filter((row) => row.metric === measure).sort((a, b) => Number(b.model === model.kind) - Number(a.model === model.kind));
          const best = Math.max(1e-9, ...rows.map((row) => row.mean));
          return (
            <table key={measure}>
              <caption>{measure}</caption>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.model} class={row.model === model.kind ? 'own' : ''}>
                    <th scope="row">{row.model}</th>
                    <td class="measure">
                      <i style={{ width: `${Math.max(0, Math.min(100, (100 * row.mean) / best))}%` }} />
                    </td>
                    <td>
                      {row.mean.toPrecision(3)} <span class="soft">({row.low.toPrecision(3)} to {row.high.toPrecision(3)})</span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          );
        })}
      </div>
    </>
  );
}

export function ModelPage() {
  useTitle('The model');
  const { value: model, error } = useLoad('model', (signal) => get<Model>('/v1/model', signal));
  if (error) {
    return (
      <>
        <Head title="The model" />
        <Failed error={error} />
      </>
    );
  }
  if (!model) return <Waiting rows={12} />;
  const figures: [string, string][] = [
    [number(model.items), 'items'],
    [number(model.users), 'users'],
    [number(model.interactions), 'interactions'],
    model.factors > 0 ? [number(model.factors), `factors, by ${model.kind}`] : [model.kind, 'model'],
  ];
  return (
    <>
      <Head title="The model" line={model.note ? `Made of ${model.note}.` : `Made of ${model.source}.`} />
      <ul class="figures">
        {figures.map(([value, name]) => (
          <li key={name} class="card">
            <b>{value}</b>
            <span class="soft">{name}</span>
          </li>
        ))}
      </ul>
      <div class="columns even">
        <section class="card pad" aria-label="Training">
          <h2>Training</h2>
          {model.loss.length > 0 && <LossCurve loss={model.loss} />}
          <Facts
            facts={[
              ['made', model.created.replace('T', ' ').replace('Z', ' UTC')],
              ['from', model.source],
              ['took', model.loss.length > 0 ? `${model.fit_seconds.toPrecision(2)} s on ${plural(model.threads, 'thread')}, ${model.simd_target}` : undefined],
            ]}
          />
          <Settings settings={model.settings} />
        </section>
        <div class="stack">
          <section class="card pad" aria-label="Quality">
            <h2>How good it is</h2>
            <Evaluated model={model} />
          </section>
          <section class="card pad" aria-label="Answers">
            <h2>Answers</h2>
            <Facts
              facts={[
                ...exactness(model),
                ['recommendations', 'exact: all that there is to find'],
                ['version', model.model],
                ['segue', model.segue_version],
              ]}
            />
          </section>
          {mayHaveMap(model) && (
            <section class="card pad" aria-label="The map">
              <h2>The map</h2>
              {model.map ? (
                <Facts
                  facts={[
                    ['trustworthiness at 15', model.map.trustworthiness.toFixed(3)],
                    ['measured at', plural(model.map.sample, 'item')],
                    ['neighbors', model.map.neighbors],
                    ['epochs', number(model.map.epochs)],
                  ]}
                />
              ) : (
                <p class="soft">
                  This model has none; <code>segue map MODEL</code> adds one.
                </p>
              )}
            </section>
          )}
        </div>
      </div>
    </>
  );
}
