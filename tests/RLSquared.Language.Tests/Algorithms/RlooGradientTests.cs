using RLSquared.Language.Algorithms;
using RLSquared.Language.Experience;
using RLSquared.Language.Models;
using RLSquared.Language.Prompts;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

public sealed class RlooGradientTests
{
    static readonly int vocabulary = RlooTests.Letters().Tokenizer.Count;

    [Fact]
    public void The_gradient_is_that_of_the_advantage_times_the_log_probability()
    {
        using var workers = new Workers(1);
        using var model = LanguageModel.Create(ModelConfiguration.Small(vocabulary, 16, 1, 2, 16), seed: 4);
        using var learner = new SequenceLearner(model, 2, 1 << 20, workers);
        TokenSequence[] sequences = [new([1, 5, 2, 3, 0], [0, 0, 1, 1, 1]), new([2, 5, 4], [0, 0, 1])];
        float[] advantages = [1.5f, -0.5f];
        learner.Learn(sequences, 0.9f, (s, logProbs, slopes) =>
        {
            for (int t = 0; t < slopes.Length; t++)
                slopes[t] = -advantages[s] * sequences[s].Mask[t];
            return 0;
        });
        foreach (Parameter parameter in model.Parameters.All)
        {
            float[] gradient = parameter.Gradient.ToArray(), value = parameter.Value.ToArray();
            int place = Array.IndexOf(gradient, gradient.MaxBy(Math.Abs));
            double up = Loss(place, 1e-2f), down = Loss(place, -1e-2f);
            Assert.Equal((up - down) / 2e-2, gradient[place], 2e-2 * Math.Abs(gradient[place]) + 1e-3);

            double Loss(int at, float by)
            {
                float[] moved = [.. value];
                moved[at] += by;
                parameter.Value.CopyFrom(moved);
                float[][] found = learner.Score(model, sequences, 0.9f);
                parameter.Value.CopyFrom(value);
                return found.Select((one, s) => -advantages[s] * one.Sum(number => (double)number)).Sum();
            }
        }
    }

    [Fact]
    public void Groups_without_an_advantage_count_in_the_mean_though_they_are_not_taken_through_the_model()
    {
        using var workers = new Workers(1);
        // One group of two is told apart; the other has the same reward for all.
        PromptList task = RlooTests.Letters(one => one.GroupId % 2 == 0 ? one.Tokens.Count : 1);
        RlooOptions options = RlooTests.small with { Kl = 0, Updates = 1, GradientNorm = 0 };
        using var rloo = new Rloo(task, options, 1, workers);
        rloo.Generate();
        Sample[] all = [.. rloo.Waiting];
        Assert.Contains(all, one => one.Completion.Advantages.All(advantage => advantage == 0));
        using LanguageModel before = rloo.Model.Clone();
        rloo.Iterate(0);
        using var learner = new SequenceLearner(before, options.Shards, 1 << 20, workers);
        learner.Learn([.. all.Select(one => one.Sequence)], options.Temperature, (s, logProbs, slopes) =>
        {
            float[] advantages = all[s].Sequence.Spread(all[s].Completion.Advantages);
            for (int t = 0; t < slopes.Length; t++)
                slopes[t] = -advantages[t] * all[s].Sequence.Mask[t] / all.Length;
            return 0;
        });
        foreach ((Parameter wanted, Parameter found) in before.Parameters.All.Zip(rloo.Model.Parameters.All))
        {
            float[] expected = wanted.Gradient.ToArray(), actual = found.Gradient.ToArray();
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], actual[i], 1e-5);
        }
        Assert.Contains(before.Parameters.All, one => one.Gradient.ToArray().Any(g => Math.Abs(g) > 1e-4));
    }

    [Fact]
    public void A_batch_in_pieces_has_the_gradient_of_the_whole()
    {
        using var workers = new Workers(2);
        using var model = LanguageModel.Create(ModelConfiguration.Small(vocabulary, 16, 1, 2, 16), seed: 4);
        TokenSequence[] sequences = [.. Enumerable.Range(0, 12).Select(i =>
            new TokenSequence([1 + i % 5, 5, 2, 3, i % 5], [0, 0, 1, 1, 1]))];
        float[][] gradients = [.. new[] { (1, 1 << 20), (2, 10), (3, 7) }.Select(how =>
        {
            using var learner = new SequenceLearner(model, how.Item1, how.Item2, workers);
            Supervised.Learn(learner, sequences);
            return model.Parameters.All.SelectMany(one => one.Gradient.ToArray()).ToArray();
        })];
        for (int i = 0; i < gradients[0].Length; i++)
        {
            Assert.Equal(gradients[0][i], gradients[1][i], 1e-5);
            Assert.Equal(gradients[0][i], gradients[2][i], 1e-5);
        }
        Assert.Contains(gradients[0], one => Math.Abs(one) > 1e-3);
    }
}
