/** Problems to start from in a lecture, each one link long. */

export interface Example {
  readonly title: string;
  readonly link: string;
}

export const EXAMPLES: readonly Example[] = [
  {
    title: "Thinking helps",
    link: "view=curves&train=power:50:0.5&test=same&n=50&m=500&k=8&metric=estimation&noise=0&rungs=population,exact,proportional",
  },
  {
    title: "The law that fails",
    link: "view=curves&train=power:50:0.5&test=same&n=50&m=100&k=10&metric=estimation&noise=0&rungs=population,exact,proportional",
  },
  {
    title: "Overthinking",
    link: "view=skills&train=power:30:1&test=tilt:1:1&n=200&m=400&k=12&metric=estimation&noise=0",
  },
  {
    title: "A floor: m < d",
    link: "view=curves&train=iso:50&test=same&n=10&m=30&k=60&metric=estimation&noise=0&rungs=population,proportional",
  },
  {
    title: "Think more, train less",
    link: "view=tradeoff&train=power:50:0.5&test=same&n=50&m=2000&k=16&metric=estimation&noise=0&target=0.1&rungs=population,exact,proportional",
  },
  {
    title: "Noisy labels",
    link: "view=curves&train=power:50:0.5&test=same&n=50&m=500&k=12&metric=estimation&noise=1&rungs=population,exact,proportional",
  },
];
