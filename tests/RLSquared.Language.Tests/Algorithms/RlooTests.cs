using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Experience;
using RLSquared.Language.Models;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

public sealed class RlooTests
{
    static readonly Tokenizer tokenizer = Tokenizer.Parse(CharacterTokenizer.Write("abcd:", "<end>"));
    internal static readonly RlooOptions small = new()
    {
        Layers = 1,
        Hidden = 16,
        Heads = 2,
        Batch = 32,
        GroupSize = 4,
        LongestCompletion = 6,
        LearningRate = 1e-2f,
    };

    // The reward is the share of letters a.
    internal static PromptList Letters(Func<Completion, float?>? reward = null) => new(
        "letters", tokenizer, [new PromptExample("a:"), new PromptExample("bc:"), new PromptExample("d:")],
        new RewardSet().Add("letters", reward ?? (one => one.Text.Count(letter => letter == 'a') / 6f)), [0]);

    internal static double Figure(IterationReport report, string name) =>
        report.Figures.First(one => one.Name == name).Value;

    internal static byte[] State(Rloo rloo)
    {
        using var bytes = new StateBytes();
        rloo.VisitState(bytes);
        return bytes.ToArray();
    }

    [Fact]
    public void The_reward_grows_until_the_policy_says_what_is_wanted()
    {
        using var workers = new Workers(1);
        using var rloo = new Rloo(Letters(), small with { Kl = 0.01f }, 1, workers);
        double first = rloo.Iterate(0).MeanReturn, last = 0;
        for (int i = 0; i < 60; i++)
            last = rloo.Iterate(i / 60.0).MeanReturn;
        Assert.InRange(first, 0, 0.3);
        Assert.InRange(last, 0.8, 1);
    }

    [Fact]
    public void On_policy_the_ratio_is_exactly_one()
    {
        using var workers = new Workers(2);
        using var rloo = new Rloo(Letters(), small with { Temperature = 0.8f }, 3, workers);
        for (int i = 0; i < 3; i++)
        {
            IterationReport report = rloo.Iterate(0);
            Assert.Equal(1, Figure(report, "ess"));
            Assert.Equal(0, Figure(report, "clip_ratio/region_mean"));
        }
    }

    [Fact]
    public void What_the_sampler_wrote_down_is_what_the_trainer_computes_bit_for_bit()
    {
        using var workers = new Workers(2);
        using var rloo = new Rloo(Letters(), small with { Temperature = 0.7f, Updates = 2 }, 3, workers);
        using var learner = new SequenceLearner(rloo.Model, 3, 1 << 20, workers);
        foreach (int _ in (int[])[1, 2])
        {
            rloo.Generate();
            TokenSequence[] sequences = [.. rloo.Waiting.Select(one => one.Sequence)];
            float[][] found = learner.Score(rloo.Model, sequences, 0.7f);
            Assert.Equal(rloo.Waiting.Select(one => one.Old).SelectMany(one => one), found.SelectMany(one => one));
            Assert.True(rloo.Waiting.Sum(one => one.Old.Sum()) < -1);
            rloo.Iterate(0);
            rloo.Iterate(0);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Any_number_of_threads_gives_the_same_bits(int threads)
    {
        byte[] one = Trained(1), several = Trained(threads);
        Assert.Equal(one, several);

        static byte[] Trained(int threads)
        {
            using var workers = new Workers(threads);
            RlooOptions options = small with { Updates = 2, Epochs = 2, Shards = 3, TokensAtOnce = 40, InFlight = 7 };
            using var rloo = new Rloo(Letters(), options, 5, workers);
            for (int i = 0; i < 6; i++)
                rloo.Iterate(0.1 * i);
            return State(rloo);
        }
    }

    [Fact]
    public void A_run_that_is_resumed_in_the_middle_of_a_batch_goes_on_to_the_same_bits()
    {
        using var workers = new Workers(1);
        RlooOptions options = small with
        {
            Updates = 2,
            Epochs = 2,
            WarmStart = 40,
            WarmStartBatch = 8,
            WarmStartReward = 2,
            ReferenceEvery = 2,
        };
        PromptList task = new("letters", tokenizer,
            [new PromptExample("a:") { Completion = "aab" }, new PromptExample("bc:") { Completion = "bca" }],
            Letters().Rewards, endTokens: [0]);
        using var whole = new Rloo(task, options, 2, workers);
        for (int i = 0; i < 5; i++)                                          // two of the warm start, three updates
            whole.Iterate(0.1 * i);
        Assert.Equal(32, whole.Waiting.Count);                               // three of four uses
        byte[] saved = State(whole);
        using var resumed = new Rloo(task, options, 2, workers);
        using var restorer = new StateRestorer(saved);
        resumed.VisitState(restorer);
        Assert.Equal(saved, State(resumed));
        Assert.Equal((32, 32), (whole.Waiting.Count, resumed.Waiting.Count));
        for (int i = 5; i < 9; i++)
        {
            IterationReport a = whole.Iterate(0.1 * i), b = resumed.Iterate(0.1 * i);
            Assert.Equal(a.Figures, b.Figures);
            Assert.Equal((a.Iteration, a.Steps, a.MeanReturn), (b.Iteration, b.Steps, b.MeanReturn));
        }
        Assert.Equal(State(whole), State(resumed));
    }

    // Without steps worth the name, the second time round is as the first.
    [Fact]
    public void Each_update_of_a_batch_learns_another_part_of_it()
    {
        using var workers = new Workers(1);
        using var rloo = new Rloo(
            Letters(), small with { Updates = 2, Epochs = 2, LearningRate = 1e-12f, Kl = 0 }, 1, workers);
        double[] norms = [.. Enumerable.Range(0, 4).Select(_ => Figure(rloo.Iterate(0), "grad_norm"))];
        Assert.NotEqual(norms[0], norms[1], 1e-3 * norms[0]);
        Assert.Equal(norms[0], norms[2], 1e-3 * norms[0]);
        Assert.Equal(norms[1], norms[3], 1e-3 * norms[1]);
    }

    [Fact]
    public void A_reward_that_throws_leaves_its_completion_unscored_and_counted()
    {
        using var workers = new Workers(1);
        PromptList task = Letters(one => one.TrajectoryId % 4 == 1
            ? throw new InvalidOperationException("no judge") : one.TrajectoryId % 4 == 2 ? null : 1);
        using var rloo = new Rloo(task, small, 1, workers);
        rloo.Generate();
        Assert.All(rloo.Waiting, one => Assert.All(one.Completion.Advantages, advantage => Assert.True(
            one.Completion.TrajectoryId % 4 is 0 or 3 || advantage == 0)));
        IterationReport report = rloo.Iterate(0);
        Assert.Equal(16, Figure(report, "unscorable"));
        Assert.Equal(1, Figure(report, "reward"));
        Assert.Equal(("no judge", 8), (task.Rewards.Failures["letters"].First, task.Rewards.Failures["letters"].Count));
    }

    [Fact]
    public void A_batch_that_nobody_can_score_changes_nothing_but_is_reported()
    {
        using var workers = new Workers(1);
        using var rloo = new Rloo(Letters(_ => null), small with { Kl = 0 }, 1, workers);
        float[] before = rloo.Model.Parameters.All[0].Value.ToArray();
        IterationReport report = rloo.Iterate(0);
        Assert.Equal((32, 0), (Figure(report, "unscorable"), report.MeanReturn));
        Assert.Equal(before, rloo.Model.Parameters.All[0].Value.ToArray());
    }

    [Fact]
    public void Advantages_are_rewards_less_the_divergence_less_the_mean_of_the_others()
    {
        using var workers = new Workers(1);
        using var rloo = new Rloo(Letters(), small with { Kl = 0.3f }, 1, workers);
        for (int i = 0; i < 4; i++)
            rloo.Iterate(0);                                                 // away from the reference
        rloo.Generate();
        foreach (IGrouping<long, Sample> group in rloo.Waiting.GroupBy(one => one.Completion.GroupId))
        {
            double[] charged = [.. group.Select(one => one.Completion.Reward!.Value - 0.3 * one.Old.Zip(
                one.Reference, (old, reference) => (double)old - reference).Sum())];
            int i = 0;
            foreach (Sample one in group)
            {
                double wanted = charged[i] - (charged.Sum() - charged[i]) / 3;
                Assert.All(one.Completion.Advantages, found => Assert.Equal(wanted, found, 1e-4));
                Assert.Equal(one.Completion.Tokens.Count, one.Completion.Advantages.Count);
                i++;
            }
        }
        Assert.Contains(rloo.Waiting, one => one.Old.Zip(one.Reference).Any(pair => pair.First != pair.Second));
    }

    [Fact]
    public void Completions_that_were_cut_can_be_masked_and_still_count_for_their_siblings()
    {
        using var workers = new Workers(1);
        PromptList task = Letters(one => one.IsFinished ? 1 : 0);
        using var rloo = new Rloo(task, small with { MaskTruncated = true, LongestCompletion = 3, Kl = 0 }, 1, workers);
        rloo.Generate();
        Assert.All(rloo.Waiting, one => Assert.Equal(one.Completion.IsFinished ? one.Completion.Tokens.Count : 0,
            one.Sequence.Learnt));
        foreach (IGrouping<long, Sample> group in rloo.Waiting.GroupBy(one => one.Completion.GroupId))
        {
            int finished = group.Count(one => one.Completion.IsFinished);
            Assert.All(group.Where(one => one.Completion.IsFinished), one =>
                Assert.Equal(1 - (finished - 1) / 3.0, one.Completion.Advantages[0], 1e-5));
        }
    }

    [Fact]
    public void Dynamic_sampling_draws_other_groups_for_those_that_teach_nothing()
    {
        using var workers = new Workers(1);
        static float? Reward(Completion one) => one.GroupId % 2 == 0 ? 1 : one.TrajectoryId % 2;
        using var plain = new Rloo(Letters(Reward), small with { Kl = 0 }, 1, workers);
        using var dynamic = new Rloo(Letters(Reward), small with { Kl = 0, SamplingRounds = 3 }, 1, workers);
        Assert.Equal(0.5, Figure(plain.Iterate(0), "frac_reward_zero_std"));
        Assert.Equal(0, Figure(dynamic.Iterate(0), "frac_reward_zero_std"));
        using var hopeless = new Rloo(Letters(_ => 1), small with { Kl = 0, SamplingRounds = 3 }, 1, workers);
        Assert.Equal(1, Figure(hopeless.Iterate(0), "frac_reward_zero_std"));
    }

    [Fact]
    public void A_reference_that_follows_the_policy_takes_its_share_of_the_way()
    {
        using var workers = new Workers(1);
        using var rloo = new Rloo(Letters(), small with { ReferenceEvery = 1, ReferenceMix = 1 }, 1, workers);
        using var still = new Rloo(Letters(), small, 1, workers);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(0, Figure(rloo.Iterate(0), "kl"));                  // it is the policy itself each time
            Assert.Equal(i > 0, Figure(still.Iterate(0), "kl") != 0);
        }
    }

    [Fact]
    public void The_warm_start_ends_when_rewards_are_there_and_the_reference_begins_then()
    {
        using var workers = new Workers(1);
        PromptList task = new("letters", tokenizer, [new PromptExample("a:") { Completion = "aaaa" }],
            Letters().Rewards, endTokens: [0]);
        RlooOptions options = small with { WarmStart = 500, WarmStartBatch = 8, WarmStartReward = 0.5f };
        using var rloo = new Rloo(task, options, 1, workers);
        IterationReport report;
        int warm = 0;
        do
        {
            report = rloo.Iterate(0);
            Assert.Contains(report.Figures, one => one.Name == "warm_start/loss");
            warm++;
        }
        while (report.MeanReturn < 0.5 && warm < 50);
        Assert.InRange(warm, 2, 49);
        report = rloo.Iterate(0);
        Assert.Contains(report.Figures, one => one.Name == "loss");
        Assert.Equal(0, Figure(report, "kl"));
    }

    [Fact]
    public void The_figures_have_the_names_of_trl()
    {
        using var workers = new Workers(1);
        using var rloo = new Rloo(Letters(), small, 1, workers);
        string[] names = [.. rloo.Iterate(0).Figures.Select(one => one.Name)];
        Assert.Subset(names.ToHashSet(), new HashSet<string>
        {
            "num_tokens", "completions/mean_length", "completions/min_length", "completions/max_length",
            "completions/mean_terminated_length", "completions/min_terminated_length",
            "completions/max_terminated_length", "completions/clipped_ratio", "rewards/letters/mean",
            "rewards/letters/std", "reward", "reward_std", "frac_reward_zero_std", "entropy", "kl",
            "clip_ratio/low_mean", "clip_ratio/low_min", "clip_ratio/high_mean", "clip_ratio/high_max",
            "clip_ratio/region_mean", "loss", "grad_norm", "learning_rate", "ess", "unscorable",
        });
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Fact]
    public void Every_member_of_the_family_learns_letters()
    {
        foreach ((string name, _, Func<RlooOptions, RlooOptions> change) in RlooFamily.All)
        {
            using var workers = new Workers(1);
            // The longest completions have most letters here, and DAPO would not learn from those.
            RlooOptions options = change(small with { Kl = 0.01f }) with { MaskTruncated = false };
            using var rloo = new Rloo(Letters(), options, 1, workers, name);
            double last = 0;
            for (int i = 0; i < 30; i++)
                last = rloo.Iterate(0).MeanReturn;
            Assert.True(last > 0.5, $"{name} came to {last}");
            Assert.Equal(name, rloo.Name);
        }
    }

    [Fact]
    public void Held_out_prompts_are_answered_greedily_and_tried_eight_times()
    {
        using var workers = new Workers(1);
        using var rloo = new Rloo(new ArithmeticTask(new ArithmeticOptions { Smallest = 0, Largest = 9 }),
            small with { LongestCompletion = 0 }, 1, workers);
        EvaluationResult one = rloo.Evaluate(new EvaluationOptions { Instances = 40, Threads = 1, Lanes = 7 }, default);
        EvaluationResult two = rloo.Evaluate(new EvaluationOptions { Instances = 40, Threads = 2 }, default);
        Assert.Equal(("rloo", 40), (one.Agents[0].Name, one.Agents[0].Totals.Length));
        Assert.Equal(one.Agents[0].Totals.ToArray(), two.Agents[0].Totals.ToArray());
        Assert.Equal(one.Agents[0].Figures, two.Agents[0].Figures);
        Assert.Equal(["pass@1", "pass@2", "pass@4", "pass@8", "finished", "tokens"],
            one.Agents[0].Figures.Select(figure => figure.Name));
    }

    [Fact]
    public void Models_and_prompts_that_do_not_fit_are_refused_in_one_sentence()
    {
        using var workers = new Workers(1);
        string folder = TemporaryFolder.Make();
        using (var tiny = LanguageModel.Create(ModelConfiguration.Small(4, 16, 1, 2, 8), seed: 1))
            tiny.Save(folder);
        Assert.Equal("the model knows 4 tokens, and the tokenizer of the task has 6",
            Assert.Throws<OptionException>(Make).Message);
        using (var shortSighted = LanguageModel.Create(ModelConfiguration.Small(6, 16, 1, 2, 8), seed: 1))
            shortSighted.Save(folder);
        Assert.Equal("the model sees 8 tokens, and a prompt of 512 with a completion of 6 has 518; " +
            "lower longest-completion",
            Assert.Throws<OptionException>(Make).Message);
        Directory.Delete(folder, recursive: true);

        Rloo Make() => new(Letters(), small with { Model = folder }, 1, workers);
    }
}
