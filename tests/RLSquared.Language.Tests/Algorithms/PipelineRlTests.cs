using RLSquared.Algorithms;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Pipelines;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Pipelines;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

public sealed class PipelineRlTests
{
    static readonly Tokenizer tokenizer = Tokenizer.Parse(CharacterTokenizer.Write("abcd:", "<end>"));
    static readonly PipelineRlOptions small = new()
    {
        MaxLag = 32,
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
    static PromptList Letters(Func<Completion, float?>? reward = null) => new(
        "letters", tokenizer, [new PromptExample("a:"), new PromptExample("bc:"), new PromptExample("d:")],
        new RewardSet().Add("letters", reward ?? (one => one.Text.Count(letter => letter == 'a') / 8f)), [0]);

    static double Figure(IterationReport report, string name) => report.Figures.First(one => one.Name == name).Value;

    static byte[] State(IAlgorithm algorithm)
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
        PipelineRlOptions options = small with
        {
            Learning = change(small.Learning) with { ClipLow = objective == "gspo" ? 0.05f : 0.2f, ClipHigh = 0.2f },
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
            PipelineRlOptions options = small with
            {
                Generators = 2,
                StepsPerUpdate = stepsPerUpdate,
                KeepsCache = keepsCache,
                Learning = small.Learning with { Shards = 3, TokensAtOnce = 70, InFlight = 7 },
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
        PipelineRlOptions options = small with
        {
            KeepsCache = keepsCache,
            MaxLag = 64,
            StepsPerUpdate = 5,
            EssFloor = 0.97f,
            Learning = small.Learning with { Kl = 0.01f },
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
        PipelineRlOptions options = small with
        {
            Learning = small.Learning with
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
        using var pipeline = new PipelineRl(Letters(), small, 3, workers)
        {
            Watch = batch =>
            {
                groups.AddRange(batch.Chunk(4).Select(group => Assert.Single(group.Select(one => one.GroupId).Distinct())));
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
        using var synchronous = new PipelineRl(Letters(), small with
        {
            Mode = PipelineMode.Conventional,
            UpdatesPerBatch = 1,
            Learning = small.Learning with { LearningRate = 0.05f },
        }, 3, workers);
        using var behind = new PipelineRl(
            Letters(), small with { Learning = small.Learning with { LearningRate = 0.05f, WeightCap = 1e-3f } }, 3, workers);
        double least = 1;
        for (int i = 0; i < 6; i++)
        {
            IterationReport exact = synchronous.Iterate(0);
            Assert.Equal((1, 0, 0), (Figure(exact, "ess"), Figure(exact, "mismatch_kl"), Figure(exact, "lag/versions_max")));
            IterationReport stale = behind.Iterate(0);
            least = Math.Min(least, Figure(stale, "ess"));
            Assert.InRange(Figure(stale, "mismatch_kl"), 0, 10);
        }
        // Ratios that are cut at 0.001 are all alike, and would have an ESS of 1.
        Assert.InRange(least, 0.01, 0.999);
    }

    [Fact]
    public void The_conventional_loop_freezes_the_weights_for_a_batch_of_several_updates()
    {
        using var workers = new Workers(2);
        List<int> versions = [];
        using var loop = new PipelineRl(Letters(), small with { Mode = PipelineMode.Conventional, UpdatesPerBatch = 3 }, 3,
            workers)
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
        PipelineRlOptions options = small with
        {
            LagRule = rule,
            MaxLag = Math.Max(4, maxLag),
            Staleness = staleness,
            StepsPerUpdate = 100,
            EssFloor = 0,
            Learning = small.Learning with { InFlight = 100 },
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
        using var pipeline = new PipelineRl(Letters(), small with
        {
            Oldest = 1,
            MaxLag = 64,
            EssFloor = 0,
            StepsPerUpdate = 30,
            Learning = small.Learning with { InFlight = 80 },
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
        var lag = new LagControl(small with { EssFloor = 0.5f, MaxLag = 64 });
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
        var never = new LagControl(small with { EssFloor = 0 });
        never.Throttle(0);
        Assert.Equal(1, never.Share);
    }

    [Fact]
    public void Free_running_generators_lose_and_double_nothing_and_can_be_resumed()
    {
        using var workers = new Workers(2);
        List<long> groups = [];
        PipelineRlOptions options = small with { Mode = PipelineMode.FreeRunning, Generators = 2, WaitSeconds = 60 };
        byte[] saved;
        using (var first = new PipelineRl(Letters(), options, 3, workers) { Watch = Note })
        {
            for (int i = 0; i < 10; i++)
                first.Iterate(0);
            saved = State(first);
            Assert.Equal(saved, State(first));                                  // it rests
            first.Iterate(0);                                                    // and goes on
            groups.RemoveRange(40, 4);
        }
        using var second = new PipelineRl(Letters(), options, 3, workers) { Watch = Note };
        using (var restorer = new StateRestorer(saved))
            second.VisitState(restorer);
        for (int i = 0; i < 10; i++)
            second.Iterate(0);
        Assert.Equal(Enumerable.Range(0, 80).Select(group => (long)group), groups);

        void Note(IReadOnlyList<Completion> batch) =>
            groups.AddRange(batch.Chunk(4).Select(group => Assert.Single(group.Select(one => one.GroupId).Distinct())));
    }

    [Theory]
    [InlineData(PipelineMode.Deterministic)]
    [InlineData(PipelineMode.FreeRunning)]
    public void Rewards_that_throw_or_hang_cost_their_completions_and_no_group(PipelineMode mode)
    {
        using var workers = new Workers(2);
        using var never = new ManualResetEventSlim();
        PromptList task = Letters(one => (one.TrajectoryId % 32) switch
        {
            3 => throw new InvalidOperationException("no judge"),
            9 when one.TrajectoryId < 64 => Hang(never),
            _ => 1,
        });
        List<long> groups = [];
        double unscorable = 0;
        using (var pipeline = new PipelineRl(task, small with { Mode = mode, JudgeSeconds = 0.3f, WaitSeconds = 60 }, 3,
            workers) { Watch = batch => groups.AddRange(batch.Chunk(4).Select(group => group[0].GroupId)) })
        {
            for (int i = 0; i < 8; i++)
                unscorable += Figure(pipeline.Iterate(0), "unscorable");
        }
        never.Set();
        Assert.Equal(Enumerable.Range(0, 32).Select(group => (long)group), groups);
        Assert.InRange(unscorable, 4 + 2, 4 + 2 + 8);     // a hung call may hold a thread that others wait for
        Assert.Contains("no judge", task.Rewards.Failures["letters"].First + "no judge", StringComparison.Ordinal);
    }

    static float? Hang(ManualResetEventSlim never)
    {
        never.Wait(TimeSpan.FromSeconds(30));
        return 1;
    }

    [Theory]
    [InlineData(PipelineMode.Deterministic)]
    [InlineData(PipelineMode.FreeRunning)]
    public void A_reward_that_always_hangs_ends_the_run_with_its_name(PipelineMode mode)
    {
        using var workers = new Workers(2);
        using var never = new ManualResetEventSlim();
        using (var pipeline = new PipelineRl(
            Letters(_ => Hang(never)), small with { Mode = mode, JudgeSeconds = 0.05f, WaitSeconds = 60 }, 3, workers))
        {
            string message = Assert.Throws<PipelineException>(() =>
            {
                for (int i = 0; i < 8; i++)
                    pipeline.Iterate(0);
            }).Message;
            Assert.Equal("the reward 'letters' hangs: 16 of its calls did not answer within 0.05 s each and have not " +
                "ended since", message);
            never.Set();
        }
    }

    [Fact]
    public void A_task_that_throws_in_a_generators_thread_ends_the_wait_with_its_name()
    {
        using var workers = new Workers(2);
        using var pipeline = new PipelineRl(
            new Broken(Letters()), small with { Mode = PipelineMode.FreeRunning, WaitSeconds = 60 }, 3, workers);
        Assert.Equal("generator 0 failed: prompt 9 is not there", Assert.Throws<PipelineException>(() =>
        {
            for (int i = 0; i < 8; i++)
                pipeline.Iterate(0);
        }).Message);
    }

    sealed class Broken(PromptList task) : PromptTask
    {
        public override string Name => "broken";
        public override IReadOnlyList<RLSquared.Settings.Assignment> Settings => [];
        public override Tokenizer Tokenizer => task.Tokenizer;
        public override RewardSet Rewards => task.Rewards;
        public override IReadOnlyList<int> EndTokens => task.EndTokens;
        public override PromptExample Draw(ulong seed, long number, PromptSplit split = PromptSplit.Training) =>
            number < 9 ? task.Draw(seed, number, split) : throw new InvalidDataException($"prompt {number} is not there");
    }

    [Fact]
    public void A_batch_that_does_not_come_within_the_limit_ends_the_wait_with_who_is_busy()
    {
        using var workers = new Workers(2);
        using var never = new ManualResetEventSlim();
        using var pipeline = new PipelineRl(Letters(_ => Hang(never)),
            small with { Mode = PipelineMode.FreeRunning, JudgeSeconds = 20, WaitSeconds = 0.2f }, 3, workers);
        string message = Assert.Throws<PipelineException>(() => pipeline.Iterate(0)).Message;
        never.Set();
        Assert.StartsWith("group 0 did not come within 0.2 s; none is there; generator 0 ", message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_simulated_trainer_moves_the_pipeline_and_learns_nothing()
    {
        using var workers = new Workers(2);
        using var pipeline = new PipelineRl(Letters(), small, 3, workers) { SimulatedSecondsPerToken = 1e-6 };
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
            "mode=conventional has no lag", Message(() => (small with { MaxLag = 3 }).Validate()));
        Assert.Equal("in-flight must be at least 1, but is 0",
            Message(() => PipelineRlOptions.Table.Apply([new("in-flight", "0")])));
        Assert.Equal("pipeline-rl learns once from each sample, so updates is 1 and not 2; updates-per-batch is for the " +
            "conventional mode", Message(() => (small with { Learning = small.Learning with { Updates = 2 } }).Validate()));
        Assert.Equal("the conventional mode has one generator on all threads, and not 2; generators are for the other " +
            "modes", Message(() => (small with { Mode = PipelineMode.Conventional, Generators = 2 }).Validate()));
        Assert.Contains("judge-seconds must be above 0", Message(() => _ = small with { JudgeSeconds = 0 }),
            StringComparison.Ordinal);

        static string Message(Action action) => Assert.Throws<OptionException>(action).Message;
    }

    [Fact]
    public void Options_survive_being_written_and_read_and_suit_the_task()
    {
        PipelineRlOptions changed = small with
        {
            Mode = PipelineMode.FreeRunning,
            LagRule = LagRule.Capacity,
            KeepsCache = false,
            Learning = PipelineRlOptions.Gspo(small.Learning),
        };
        Assert.Equal(changed, PipelineRlOptions.Table.Apply(PipelineRlOptions.Table.Show(changed)));
        PipelineRlOptions arithmetic = PipelineRlOptions.For(new ArithmeticTask(), PipelineRlOptions.Truncated);
        Assert.Equal((64, 8, 1, 3), (arithmetic.Learning.Batch, arithmetic.Learning.GroupSize,
            arithmetic.Learning.Updates, arithmetic.Learning.Layers));
        arithmetic.Validate();
    }
}
