// The model's card: what it was made of, how training went, and how exact its answers are.
import { get, type Model } from '../api';
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
  return (
    <>
      <Head title="The model" line={model.note ? `Made of ${model.note}.` : `Made of ${model.source}.`} />
      <ul class="figures">
        {(
          [
            [model.items, 'items'],
            [model.users, 'users'],
            [model.interactions, 'interactions'],
            [model.factors, 'factors'],
          ] as const
        ).map(([value, name]) => (
          <li key={name} class="card">
            <b>{number(value)}</b>
            <span class="soft">{name}</span>
          </li>
        ))}
      </ul>
      <div class="columns even">
        <section class="card pad" aria-label="Training">
          <h2>Training</h2>
          <LossCurve loss={model.loss} />
          <Facts
            facts={[
              ['made', model.created.replace('T', ' ').replace('Z', ' UTC')],
              ['from', model.source],
              ['weighting', model.weighting + (model.alpha !== 1 ? `, alpha ${model.alpha}` : '')],
              ['regularization', model.regularization],
              ['iterations', model.iterations],
              ['took', `${model.fit_seconds.toPrecision(2)} s on ${plural(model.threads, 'thread')}, ${model.simd_target}`],
            ]}
          />
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
      </div>
    </>
  );
}
