using RLSquared.Algorithms;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Experience;
using RLSquared.Language.Models;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

public sealed class CriticTests
{
    static readonly RlooOptions ppo = RlooFamily.Ppo(RlooTests.small with { Kl = 0.05f });

    static Sample Of(byte[] mask, float[] values, float[] targets, float? reward = 1) =>
        new(new Completion { Reward = reward }, new TokenSequence(new int[mask.Length], mask), [], [], [])
        {
            Values = values,
            Targets = targets,
        };

    [Fact]
    public void Advantages_are_estimated_token_by_token_with_the_divergence_charged_where_it_arises()
    {
        // r = [−0.1 · 0.5, 0, 1 − 0.1 · 1] = [−0.05, 0, 0.9]; V = [0.5, 0.2, 0.4]; λ = 0.5
        // δ = [−0.05 + 0.2 − 0.5, 0.4 − 0.2, 0.9 − 0.4] = [−0.35, 0.2, 0.5]
        // A = [−0.35 + 0.5 · 0.45, 0.2 + 0.5 · 0.5, 0.5] = [−0.125, 0.45, 0.5]; G = A + V
        CriticCredit found = Critic.Estimate([0, 0, 1, 1, 1], 1, [0, 0, 0.5f, 0.2f, 0.4f],
            [0, 0, -1, -1, -1], [0, 0, -1.5f, -1, -2], ppo with { Kl = 0.1f, Lambda = 0.5f });
        Near([0, 0, -0.125, 0.45, 0.5], found.Advantages);
        Near([0, 0, 0.375, 0.65, 0.9], found.Targets);

        // γ = 0.5 and λ = 1 without a reference: A_1 = 0.25 − V, for the reward is two tokens later.
        found = Critic.Estimate([0, 1, 1, 1], 1, [0, 0.5f, 0.2f, 0.4f], [0, -1, -1, -1], [],
            ppo with { Discount = 0.5f, Lambda = 1 });
        Near([0, -0.25, 0.3, 0.6], found.Advantages);
        Near([0, 0.25, 0.5, 1], found.Targets);

        // What an environment put between is no token of the policy: the two that are follow each other.
        found = Critic.Estimate([0, 1, 0, 1], 1, [0, 0.5f, 9, 0.4f], [0, -1, -1, -1], [], ppo with { Lambda = 0 });
        Near([0, -0.1, 0, 0.6], found.Advantages);
    }

    [Fact]
    public void A_completion_without_a_score_teaches_neither_policy_nor_values()
    {
        CriticCredit found = Critic.Estimate(
            [0, 1, 1], float.NaN, [0, 0.5f, 0.2f], [0, -1, -1], [], ppo);
        Assert.Equal([0, 0.5f, 0.2f], found.Targets);
        Assert.Equal([0, float.NaN, float.NaN], found.Advantages);

        using var workers = new Workers(1);
        PromptList task = RlooTests.Letters(one => one.TrajectoryId % 2 == 0 ? null : one.TrajectoryId % 4 - 2);
        using var rloo = new Rloo(task, ppo with { Kl = 0 }, 1, workers);
        rloo.Generate();
        Assert.All(rloo.Waiting, one => Assert.Equal(one.Completion.Reward is null,
            one.Completion.Advantages.All(advantage => advantage == 0)));
    }

    [Fact]
    public void Values_move_towards_targets_and_gain_nothing_beyond_the_clip()
    {
        Sample sample = Of([0, 1, 1, 1], [0, 0.5f, 0.5f, 0.5f], [0, 1, 1, 1]);
        float[] slopes = new float[4];
        int clipped = 0;
        // 0.9: moved by 0.4, so 0.7 counts: 0.3² > 0.1². 0.6: within the clip: 0.4². 0.1: farther off: 0.9² > 0.7².
        double loss = Critic.Loss(sample, [0, 0.9f, 0.6f, 0.1f], 0.2f, 0.1, slopes, ref clipped);
        Assert.Equal(0.05 * (0.09 + 0.16 + 0.81), loss, 1e-6);
        Near([0, 0, -0.04, -0.09], slopes);
        Assert.Equal(1, clipped);
        loss = Critic.Loss(sample, [0, 0.9f, 0.6f, 0.1f], 0, 0.1, slopes, ref clipped);
        Assert.Equal(0.05 * (0.01 + 0.16 + 0.81), loss, 1e-6);
        Near([0, -0.01, -0.04, -0.09], slopes);
    }

    [Fact]
    public void The_gradient_of_values_is_that_of_central_differences()
    {
        using var workers = new Workers(1);
        using var model = LanguageModel.Create(ModelConfiguration.Small(6, 16, 1, 2, 16), seed: 4);
        using var network = SequenceClassifier.From(model);
        network.Parameters.All.First(one => one.Name == "score.weight").SetAll(0.3f);
        using var learner = new SequenceLearner(model, 2, 1 << 20, workers);
        TokenSequence[] sequences = [new([1, 5, 2, 3, 0], [0, 0, 1, 1, 1]), new([2, 5, 4], [0, 0, 1])];
        float[] factors = [1.5f, -0.5f];
        learner.LearnValues(network, sequences, (s, values, slopes) =>
        {
            for (int t = 0; t < slopes.Length; t++)
                slopes[t] = factors[s] * sequences[s].Mask[t];
            return 0;
        });
        foreach (Parameter parameter in network.Parameters.All)
        {
            float[] gradient = parameter.Gradient.ToArray(), value = parameter.Value.ToArray();
            int place = Array.IndexOf(gradient, gradient.MaxBy(Math.Abs));
            Assert.Equal((Sum(place, 1e-2f) - Sum(place, -1e-2f)) / 2e-2, gradient[place],
                2e-2 * Math.Abs(gradient[place]) + 1e-3);

            double Sum(int at, float by)
            {
                float[] moved = [.. value];
                moved[at] += by;
                parameter.Value.CopyFrom(moved);
                float[][] found = learner.Values(network, sequences);
                parameter.Value.CopyFrom(value);
                return found.Select((one, s) => factors[s] * one.Sum(number => (double)number)).Sum();
            }
        }
        Assert.All(learner.Values(network, sequences).Zip(sequences), one => Assert.All(
            one.First.Zip(one.Second.Mask), pair => Assert.Equal(pair.Second != 0, pair.First != 0)));
    }

    [Fact]
    public void The_value_network_begins_with_the_policys_layers_and_expects_nothing()
    {
        using var workers = new Workers(1);
        using var model = LanguageModel.Create(ModelConfiguration.Small(6, 16, 1, 2, 16), seed: 4);
        using var learner = new SequenceLearner(model, 2, 1 << 20, workers);
        using var critic = new Critic(model, ppo, learner);
        Parameter embedding = critic.Network.Parameters.All[0];
        Assert.Equal(model.Parameters.All[0].Value.ToArray(), embedding.Value.ToArray());
        Assert.All(learner.Values(critic.Network, [new([1, 5, 2], [0, 1, 1])])[0], value => Assert.Equal(0, value));
        model.Parameters.All[0].SetAll(0.5f);
        critic.TakeLayers(model);
        Assert.All(embedding.Value.ToArray(), number => Assert.Equal(0.5f, number));
    }

    [Fact]
    public void Ppo_learns_letters_and_what_to_expect_of_them()
    {
        using var workers = new Workers(1);
        // More for later letters: what is expected then differs by what was said before.
        using var rloo = new Rloo(RlooTests.Letters(), ppo, 1, workers, "ppo");
        double first = rloo.Iterate(0).MeanReturn, last = 0, explained = 0, least = double.MaxValue;
        for (int i = 0; i < 60; i++)
        {
            IterationReport report = rloo.Iterate(i / 60.0);
            last = report.MeanReturn;
            explained = Math.Max(explained, RlooTests.Figure(report, "explained_variance"));
            least = Math.Min(least, RlooTests.Figure(report, "value_loss"));
        }
        Assert.InRange(first, 0, 0.3);
        Assert.InRange(last, 0.8, 1);
        Assert.InRange(explained, 0.3, 1);
        Assert.InRange(least, 0, 0.01);
    }

    [Fact]
    public void Ppo_is_on_policy_at_its_first_update_and_standardises_over_all_tokens()
    {
        using var workers = new Workers(2);
        using var rloo = new Rloo(RlooTests.Letters(), ppo, 3, workers);
        for (int i = 0; i < 3; i++)
        {
            IterationReport report = rloo.Iterate(0);
            Assert.Equal(1, RlooTests.Figure(report, "ess"));
        }
        rloo.Generate();
        double[] all = [.. rloo.Waiting.SelectMany(one => one.Completion.Advantages).Select(one => (double)one)];
        Assert.Equal(0, all.Average(), 1e-4);
        Assert.Equal(1, Math.Sqrt(all.Sum(one => one * one) / (all.Length - 1)), 1e-2);
        Assert.Contains(rloo.Waiting, one => one.Completion.Advantages.Distinct().Count() > 1);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Any_number_of_threads_gives_ppo_the_same_bits(int threads)
    {
        Assert.Equal(Trained(1), Trained(threads));

        static byte[] Trained(int threads)
        {
            using var workers = new Workers(threads);
            RlooOptions options = ppo with { Updates = 2, Epochs = 2, Shards = 3, TokensAtOnce = 40, InFlight = 7 };
            using var rloo = new Rloo(RlooTests.Letters(), options, 5, workers);
            for (int i = 0; i < 6; i++)
                rloo.Iterate(0.1 * i);
            return RlooTests.State(rloo);
        }
    }

    [Fact]
    public void Ppo_that_is_resumed_in_the_middle_of_a_batch_goes_on_to_the_same_bits()
    {
        using var workers = new Workers(1);
        RlooOptions options = ppo with { Updates = 2, Epochs = 2 };
        using var whole = new Rloo(RlooTests.Letters(), options, 2, workers);
        for (int i = 0; i < 7; i++)
            whole.Iterate(0.1 * i);
        byte[] saved = RlooTests.State(whole);
        using var resumed = new Rloo(RlooTests.Letters(), options, 2, workers);
        using var restorer = new StateRestorer(saved);
        resumed.VisitState(restorer);
        Assert.Equal(32, resumed.Waiting.Count);
        Assert.Equal(saved, RlooTests.State(resumed));
        for (int i = 7; i < 11; i++)
            Assert.Equal(whole.Iterate(0.1 * i).Figures, resumed.Iterate(0.1 * i).Figures);
        Assert.Equal(RlooTests.State(whole), RlooTests.State(resumed));
    }

    static void Near(double[] wanted, float[] found)
    {
        Assert.Equal(wanted.Length, found.Length);
        for (int i = 0; i < wanted.Length; i++)
            Assert.Equal(wanted[i], found[i], 1e-5);
    }
}
