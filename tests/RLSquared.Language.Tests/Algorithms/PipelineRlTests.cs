using RLSquared.Algorithms;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Models;
using RLSquared.Language.Pipelines;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tests.Models;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

public sealed partial class PipelineRlTests
{
    static readonly Tokenizer tokenizer = Tokenizer.Parse(CharacterTokenizer.Write("abcd:", "<end>"));
    internal static PipelineRlOptions Small { get; } = new()
    {
        MaxLag = 32,
        WaitSeconds = 60,
        Learning = PipelineRlOptions.Truncated(new RlooOptions
        {
            Layers = 1,
            Hidden = 16,
            Heads = 2,
            Batch = 16,
            GroupSize = 4,
            LongestCompletion = 8,
            LearningRate = 1e-2f,
            InFlight = 12,
        }),
    };

    // The reward is the share of letters a.
    internal static PromptList Letters(Func<Completion, float?>? reward = null) => new(
        "letters", tokenizer, [new PromptExample("a:"), new PromptExample("bc:"), new PromptExample("d:")],
        new RewardSet().Add("letters", reward ?? (one => one.Text.Count(letter => letter == 'a') / 8f)), [0]);

    internal static double Figure(IterationReport report, string name) =>
        report.Figures.First(one => one.Name == name).Value;

    internal static byte[] State(IAlgorithm algorithm)
    {
        using var bytes = new StateBytes();
        algorithm.VisitState(bytes);
        return bytes.ToArray();
    }

    static (string, double)[] Bits(IterationReport report) =>
        [.. report.Figures.Where(one => !one.Name.StartsWith("time/", StringComparison.Ordinal))];

    [Theory]
    [InlineData("truncated")]
    [InlineData("ppo")]
    [InlineData("gspo")]
    [InlineData("cispo")]
    public void Each_objective_learns_what_is_wanted_with_weights_that_change_in_flight(string objective)
    {
        Func<RlooOptions, RlooOptions> change = objective switch
        {
            "ppo" => PipelineRlOptions.Ppo,
            "gspo" => PipelineRlOptions.Gspo,
            "cispo" => PipelineRlOptions.Cispo,
            _ => PipelineRlOptions.Truncated,
        };
        using var workers = new Workers(1);
        PipelineRlOptions options = Small with
        {
            Learning = change(Small.Learning) with { ClipLow = objective == "gspo" ? 0.05f : 0.2f, ClipHigh = 0.2f },
        };
        using var pipeline = new PipelineRl(Letters(), options, 1, workers);
        double first = pipeline.Iterate(0).MeanReturn, last = 0, lag = 0;
        for (int i = 0; i < 120; i++)
        {
            IterationReport report = pipeline.Iterate(i / 120.0);
            last = i >= 110 ? last + report.MeanReturn / 10 : 0;
            lag = Math.Max(lag, Figure(report, "lag/versions_max"));
        }
        Assert.InRange(first, 0, 0.35);
        Assert.InRange(last, 0.7, 1);
        Assert.InRange(lag, 1, 4);
    }

    [Theory]
    [InlineData(2, 0, true)]
    [InlineData(4, 3, true)]
    [InlineData(2, 0, false)]
    public void A_whole_asynchronous_run_is_the_same_bits_with_any_number_of_threads(
        int threads, int stepsPerUpdate, bool keepsCache)
    {
        byte[] one = Trained(1), several = Trained(threads);
        Assert.Equal(one, several);

        byte[] Trained(int threads)
        {
            using var workers = new Workers(threads);
            PipelineRlOptions options = Small with
            {
                Generators = 2,
                StepsPerUpdate = stepsPerUpdate,
                KeepsCache = keepsCache,
                Learning = Small.Learning with { Shards = 3, TokensAtOnce = 70, InFlight = 7 },
            };
            using var pipeline = new PipelineRl(Letters(), options, 5, workers);
            for (int i = 0; i < 8; i++)
                pipeline.Iterate(0.1 * i);
            return State(pipeline);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_that_is_resumed_with_rollouts_in_flight_goes_on_to_the_same_bits(bool keepsCache)
    {
        using var workers = new Workers(1);
        PipelineRlOptions options = Small with
        {
            KeepsCache = keepsCache,
            MaxLag = 64,
            StepsPerUpdate = 5,
            EssFloor = 0.97f,
            Learning = Small.Learning with { Kl = 0.01f },
        };
        using var whole = new PipelineRl(Letters(), options, 2, workers);
        for (int i = 0; i < 5; i++)
            whole.Iterate(0.1 * i);
        Assert.InRange(whole.Generators[0].InFlight, 1, 100);
        byte[] saved = State(whole);
        using var resumed = new PipelineRl(Letters(), options, 2, workers);
        using var restorer = new StateRestorer(saved);
        resumed.VisitState(restorer);
        Assert.Equal(saved, State(resumed));
        for (int i = 5; i < 10; i++)
        {
            IterationReport a = whole.Iterate(0.1 * i), b = resumed.Iterate(0.1 * i);
            Assert.Equal(Bits(a), Bits(b));
            Assert.Equal((a.Iteration, a.Steps, a.MeanReturn), (b.Iteration, b.Steps, b.MeanReturn));
        }
        Assert.Equal(State(whole), State(resumed));
    }

    [Fact]
    public void A_run_that_is_resumed_in_its_warm_start_goes_on_to_the_same_bits_in_turns()
    {
        using var workers = new Workers(1);
        var task = new GuessingTask(new GuessingOptions { Largest = 4, Turns = 3 });
        PipelineRlOptions options = Small with
        {
            Learning = Small.Learning with
            {
                LongestCompletion = 0,
                WarmStart = 40,
                WarmStartBatch = 8,
                WarmStartReward = 2,
            },
        };
        using var whole = new PipelineRl(task, options, 2, workers);
        whole.Iterate(0);
        byte[] saved = State(whole);
        using var resumed = new PipelineRl(task, options, 2, workers);
        using (var restorer = new StateRestorer(saved))
            resumed.VisitState(restorer);
        for (int i = 0; i < 4; i++)
            Assert.Equal(Bits(whole.Iterate(0)), Bits(resumed.Iterate(0)));
        saved = State(whole);                                                   // turns in flight
        using var again = new PipelineRl(task, options, 2, workers);
        using (var restorer = new StateRestorer(saved))
            again.VisitState(restorer);
        for (int i = 0; i < 3; i++)
            Assert.Equal(Bits(whole.Iterate(0)), Bits(again.Iterate(0)));
        Assert.Equal(State(whole), State(again));
    }

    [Fact]
    public void Tokens_say_which_weights_drew_them_and_groups_come_whole_and_in_order()
    {
        using var workers = new Workers(1);
        List<long> groups = [];
        int version = 0;
        bool isMixed = false;
        using var pipeline = new PipelineRl(Letters(), Small, 3, workers)
        {
            Watch = batch =>
            {
                groups.AddRange(PipelineFailureTests.Groups(batch));
                Assert.All(batch, one =>
                {
                    Assert.Equal(one.Versions.Order(), one.Versions);
                    Assert.InRange(one.Versions[^1], 0, version);
                    isMixed |= one.Versions[0] != one.Versions[^1];
                });
            },
        };
        for (; version < 12; version++)
        {
            IterationReport report = pipeline.Iterate(0);
            Assert.Equal(16 * Figure(report, "lag/versions_max"), Figure(report, "lag/samples_max"));
            Assert.Equal(16 * Figure(report, "lag/versions_mean"), Figure(report, "lag/samples_mean"), 1e-9);
        }
        Assert.True(isMixed);
        Assert.Equal(Enumerable.Range(0, 48).Select(group => (long)group), groups);
    }

    [Fact]
    public void On_policy_ess_is_one_and_off_policy_it_is_of_raw_ratios()
    {
        using var workers = new Workers(1);
        using var synchronous = new PipelineRl(Letters(), Small with
        {
            Mode = PipelineMode.Conventional,
            UpdatesPerBatch = 1,
            Learning = Small.Learning with { LearningRate = 0.05f },
        }, 3, workers);
        using var behind = new PipelineRl(
            Letters(), Small with { Learning = Small.Learning with { LearningRate = 0.05f, WeightCap = 1 } }, 3,
            workers);
        double least = 1, cut = 0;
        for (int i = 0; i < 6; i++)
        {
            IterationReport exact = synchronous.Iterate(0);
            Assert.Equal((1, 0, 0),
                (Figure(exact, "ess"), Figure(exact, "mismatch_kl"), Figure(exact, "lag/versions_max")));
            IterationReport stale = behind.Iterate(0);
            least = Math.Min(least, Figure(stale, "ess"));
            Assert.InRange(Figure(stale, "mismatch_kl"), 0, 10);
            cut = Math.Max(cut, Figure(stale, "clip_ratio/high_mean"));
        }
        Assert.InRange(least, 0.01, 0.999);
        Assert.InRange(cut, 0.05, 0.95);                // weights of tokens that the policy likes better now
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tokens_of_the_present_weights_have_their_probability_when_keys_and_values_are_computed_anew(
        bool keepsCache)
    {
        using var workers = new Workers(1);
        PipelineRl? pipeline = null;
        (int version, int same, int other) = (0, 0, 0);
        using (pipeline = new PipelineRl(Letters(), Small with
        {
            KeepsCache = keepsCache,
            StepsPerUpdate = 2,
            Learning = Small.Learning with { LearningRate = 0.05f },
        }, 3, workers)
        { Watch = Compare })
        {
            for (; version < 6; version++)
                pipeline.Iterate(0);
        }
        Assert.InRange(same, keepsCache ? 0 : 10, 1_000);
        Assert.InRange(other, keepsCache ? 10 : 0, keepsCache ? 1_000 : 0);

        void Compare(IReadOnlyList<Completion> all)
        {
            foreach (Completion one in all.Where(one => one.Versions[0] < version))
            {
                var batch = new PackedBatch();
                batch.Add([.. one.PromptTokens], [.. one.Tokens]);
                float[] now = SmallModels.Trained(pipeline!.Model, batch);
                for (int t = 0; t < one.Tokens.Count; t++)
                {
                    if (one.Versions[t] != version)
                        continue;
                    if (now[one.PromptTokens.Count + t] == one.LogProbs[t])
                        same++;
                    else
                        other++;
                }
            }
        }
    }

    [Fact]
    public void The_conventional_loop_freezes_the_weights_for_a_batch_of_several_updates()
    {
        using var workers = new Workers(2);
        List<int> versions = [];
        using var loop = new PipelineRl(
            Letters(), Small with { Mode = PipelineMode.Conventional, UpdatesPerBatch = 3 }, 3, workers)
        {
            Watch = batch => versions.Add(Assert.Single(batch.SelectMany(one => one.Versions).Distinct())),
        };
        double[] lags = [.. Enumerable.Range(0, 7).Select(_ => Figure(loop.Iterate(0), "lag/versions_max"))];
        Assert.Equal([0, 0, 0, 3, 3, 3, 6], versions);
        Assert.Equal([0, 1, 2, 0, 1, 2, 0], lags);
    }

    [Theory]
    [InlineData(LagRule.Samples, 4, 0)]
    [InlineData(LagRule.Samples, 32, 0)]
    [InlineData(LagRule.Capacity, 0, 1)]
    public void Groups_begin_no_sooner_than_the_rule_allows(LagRule rule, int maxLag, int staleness)
    {
        using var workers = new Workers(1);
        PipelineRlOptions options = Small with
        {
            LagRule = rule,
            MaxLag = Math.Max(4, maxLag),
            Staleness = staleness,
            StepsPerUpdate = 100,
            EssFloor = 0,
            Learning = Small.Learning with { InFlight = 100 },
        };
        using var pipeline = new PipelineRl(Letters(), options, 3, workers);
        for (int updates = 1; updates < 5; updates++)
        {
            pipeline.Iterate(0);
            // During the last update the version was updates − 1: what that allowed has begun, and no more.
            long begun = pipeline.Generators[0].NextGroup;
            Assert.Equal(rule == LagRule.Samples ? maxLag / 4 + 4 * updates : 4 * (staleness + updates), begun);
        }
    }

    [Fact]
    public void Groups_that_are_too_old_are_dropped_counted_and_made_up_for()
    {
        using var workers = new Workers(1);
        List<long> groups = [];
        using var pipeline = new PipelineRl(Letters(), Small with
        {
            Oldest = 1,
            MaxLag = 64,
            EssFloor = 0,
            StepsPerUpdate = 30,
            Learning = Small.Learning with { InFlight = 80 },
        }, 3, workers)
        {
            Watch = batch =>
            {
                groups.AddRange(batch.Select(one => one.GroupId).Distinct());
            },
        };
        IterationReport report = default;
        for (int i = 0; i < 8; i++)
        {
            report = pipeline.Iterate(0);
            Assert.InRange(Figure(report, "lag/versions_max"), 0, 1);
        }
        double dropped = Figure(report, "dropped");
        Assert.InRange(dropped, 1, 1_000);
        // Learnt or dropped, each group once.
        Assert.Equal(groups.Distinct().Order(), groups);
        Assert.Equal(groups[^1] + 1, groups.Count + (long)dropped);
    }

    [Fact]
    public void A_low_sample_size_halves_the_lag_and_a_good_one_gives_it_back_slowly()
    {
        var lag = new LagControl(Small with { EssFloor = 0.5f, MaxLag = 64 });
        Assert.Equal(16 + 4, lag.Allowed(0, 0));
        lag.Throttle(0.4);
        Assert.Equal((0.5, 8 + 4), (lag.Share, lag.Allowed(0, 0)));
        for (int i = 0; i < 20; i++)
            lag.Throttle(0.1);
        Assert.Equal((1.0 / 64, 1 + 4), (lag.Share, lag.Allowed(0, 0)));        // a group at least
        lag.Throttle(0.9);
        Assert.Equal(1.0 / 64 + 1.0 / 16, lag.Share);
        for (int i = 0; i < 20; i++)
            lag.Throttle(0.9);
        Assert.Equal(1, lag.Share);
        var never = new LagControl(Small with { EssFloor = 0 });
        never.Throttle(0);
        Assert.Equal(1, never.Share);
    }

    [Fact]
    public void A_simulated_trainer_moves_the_pipeline_and_learns_nothing()
    {
        using var workers = new Workers(2);
        using var pipeline = new PipelineRl(Letters(), Small, 3, workers) { SimulatedSecondsPerToken = 1e-6 };
        float[] before = pipeline.Model.Parameters.All[0].Value.ToArray();
        for (int i = 0; i < 4; i++)
            pipeline.Iterate(0);
        Assert.Equal(before, pipeline.Model.Parameters.All[0].Value.ToArray());
        Assert.Equal(4, pipeline.Generators[0].Version);
    }

    [Fact]
    public void Options_that_do_not_go_together_are_named_in_one_sentence()
    {
        Assert.Equal("max-lag 3 is below one group of 4 samples, so that none could be ahead; 4 or more can, and " +
            "mode=conventional has no lag", Message(() => (Small with { MaxLag = 3 }).Validate()));
        Assert.Equal("in-flight must be at least 1, but is 0",
            Message(() => PipelineRlOptions.Table.Apply([new("in-flight", "0")])));
        Assert.Equal("pipeline-rl learns once from each sample, so updates is 1 and not 2; updates-per-batch is for " +
            "the conventional mode",
            Message(() => (Small with { Learning = Small.Learning with { Updates = 2 } }).Validate()));
        Assert.Equal("the conventional mode has one generator on all threads, and not 2; generators are for the " +
            "other modes", Message(() => (Small with { Mode = PipelineMode.Conventional, Generators = 2 }).Validate()));
        Assert.Equal("pipeline-rl has no value network as yet; train with rloo, or leave it out",
            Message((Small with { Learning = Small.Learning with { Advantage = AdvantageKind.Value } }).Validate));
        Assert.Contains("judge-seconds must be above 0", Message(() => _ = Small with { JudgeSeconds = 0 }),
            StringComparison.Ordinal);

        static string Message(Action action) => Assert.Throws<OptionException>(action).Message;
    }
}
