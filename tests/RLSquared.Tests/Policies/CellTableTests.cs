using RLSquared.Agents;
using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Policies;

public sealed class CellTableTests
{
    static readonly RecurrentPolicyOptions Cells = new() { Cells = 7, ValueCells = 5, PrivilegedValue = true };

    public static TheoryData<string> Tasks => ["bandits", "mdps"];

    [Theory]
    [MemberData(nameof(Tasks))]
    public void What_is_played_step_by_step_is_what_is_read_over_the_whole_trial(string name)
    {
        TaskDistribution task = TaskCatalogue.Create(name, []);
        using var workers = new Workers(1);
        using var network = Policy.Recurrent(task.Spaces, Cells, seed: 3);
        MoveWeights(network);
        using var collector = new Collector(task, network, 6, 2, 3, seed: 1, 1, keepsRegrets: false, workers);
        collector.Play(0);
        Rollout rollout = collector.Rollout;
        Tape tape = collector.Shards[0].Tape;
        tape.Reset();
        tape.Recording = false;
        var batch = new TrialBatch(rollout, [0, 1, 2, 3, 4, 5], tape);
        Tensor logProbs = network.Distribution(tape, batch.Input(network)).LogProbs;
        for (int row = 0; row < rollout.T * rollout.N; row++)
        {
            float logProb = logProbs.Span[row * task.Actions + rollout.Actions[row]];
            Assert.Equal(logProb, rollout.LogProbabilities[row], 1e-5f);
        }
    }

    [Fact]
    public void Whoever_renames_the_arms_gets_the_same_policy_with_other_names()
    {
        int[] renamed = [3, 0, 4, 1, 2];
        using var network = Policy.Recurrent(
            new BernoulliBandits().Spaces, Cells with { PrivilegedValue = false }, 1);
        MoveWeights(network);
        using PolicyPlayer one = new(network, 1), other = new(network, 1);
        one.Begin(1, 0);
        other.Begin(1, 0);
        int[] pulls = [0, 2, 2, 1, 4, 3, 0, 2];
        float[] rewards = [0, 1, 0, 1, 1, 0, 1, 1];
        for (int t = 0; t < pulls.Length; t++)
        {
            // The first input names arm 0 for everyone, before any arm was pulled.
            one.Act(Percept(t, pulls[t], rewards[t]), new int[1]);
            other.Act(Percept(t, t == 0 ? 0 : renamed[pulls[t]], rewards[t]), new int[1]);
            for (int arm = 0; arm < 5; arm++)
                Assert.Equal(one.ActionProbabilities[arm], other.ActionProbabilities[renamed[arm]], 1e-6f);
        }
        Assert.True(one.ActionProbabilities.ToArray().Max() > 0.21f, "the pulls should have changed the policy");
    }

    [Fact]
    public void The_number_of_arms_is_not_in_the_weights()
    {
        using var few = Policy.Recurrent(new BernoulliBandits().Spaces, Cells, 1);
        using var many = Policy.Recurrent(new BernoulliBandits(new() { Arms = 50 }).Spaces, Cells, 1);
        Assert.Equal(few.Parameters.All.Select(Describe), many.Parameters.All.Select(Describe));

        static string Describe(Parameter parameter) => $"{parameter.Name} {parameter.Value.Shape}";
    }

    [Fact]
    public void A_trial_of_another_length_than_in_training_is_told_its_own_time_to_go()
    {
        using var network = Policy.Recurrent(new BernoulliBandits(new() { Pulls = 10 }).Spaces, Cells, 1);
        using var player = new PolicyPlayer(network, 1, trialLength: 40);
        player.Begin(1, 0);
        player.Act(Percept(30, 0, 0), new int[1]);
        Assert.Equal(0.25f, player.InputNumbers[2]);
        var agent = new PolicyAgent("rl2", network);
        Assert.IsType<PolicyPlayer>(agent.CreatePlayer(new BernoulliBandits(new() { Pulls = 500 }), 1));
    }

    [Fact]
    public void Padding_after_short_trials_changes_no_cell_of_other_trials()
    {
        // Two states, episodes of random length: trials of one minibatch differ in length, and so do the shards.
        TaskDistribution task = TaskDistribution.FromEnvironment(
            "short", ObservationSpace.Discrete(2), 2, 2, 9, () => new EndsAtRandom());
        using var workers = new Workers(1);
        using var network = Policy.Recurrent(task.Spaces, new() { Cells = 6, ValueCells = 6 }, seed: 3);
        MoveWeights(network);
        using var collector = new Collector(task, network, 12, 6, 3, seed: 1, 1, keepsRegrets: false, workers);
        collector.Play(0);
        Rollout rollout = collector.Rollout;
        Assert.True(rollout.Lengths.Distinct().Count() > 3, "the trials should differ in length");
        Tape tape = collector.Shards[0].Tape;
        tape.Reset();
        tape.Recording = false;
        int[] trials = [.. Enumerable.Range(0, 12)];
        var batch = new TrialBatch(rollout, trials, tape);
        Tensor logProbs = network.Distribution(tape, batch.Input(network)).LogProbs;
        for (int t = 0; t < batch.T; t++)
        {
            foreach (int trial in trials.Where(trial => t < rollout.Lengths[trial]))
            {
                float logProb = logProbs.Span[(t * 12 + trial) * 2 + rollout.Actions[t * 12 + trial]];
                Assert.Equal(logProb, rollout.LogProbabilities[t * 12 + trial], 1e-5f);
            }
        }
        collector.EstimateValues(0, 1);
        Assert.All(rollout.Values, value => Assert.True(float.IsFinite(value)));
    }

    sealed class EndsAtRandom : SingleEnvironment
    {
        public override void Reset(ref RandomSequence random, Span<float> observation) =>
            observation[0] = random.NextInt(2);

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            observation[0] = random.NextInt(2);
            return new StepResult(action[0], Terminated: random.NextInt(4) == 0);
        }
    }

    [Fact]
    public void Cells_where_they_make_no_sense_are_refused()
    {
        TaskSpaces bandits = new BernoulliBandits().Spaces;
        Assert.Contains("cells are not normalised", Assert.Throws<OptionException>(() => Policy.Recurrent(
            bandits, new() { Cells = 8, LayerNorm = true }, 1)).Message, StringComparison.Ordinal);
        TaskDistribution vectors = TaskDistribution.FromEnvironment(
            "plant", ObservationSpace.Vector(3), 2, 1, 5, () => throw new InvalidOperationException());
        Assert.Equal("cells need states with numbers, but the task plant shows vectors or images; set cells=0 and " +
            "value-cells=0",
            Assert.Throws<OptionException>(() => Policy.Recurrent(vectors.Spaces, new() { Cells = 8 }, 1)).Message);
        Assert.Equal("a layer that is shared leaves no room for cells; set shared=false",
            Assert.Throws<OptionException>(() => Policy.Recurrent(
                new BernoulliBandits().Spaces, new() { ValueCells = 8, Shared = true }, 1)).Message);
    }

    // At its first weights a policy is nearly uniform whatever it remembers.
    static void MoveWeights(Policy network)
    {
        Parameter head = network.Parameters.All.Single(parameter => parameter.Name == "policy.head.weight");
        foreach (ref float weight in head.Value.Span)
            weight *= 300;
    }

    static Percept Percept(int step, int action, float reward) => new()
    {
        Step = step,
        Observations = [],
        PreviousActions = new[] { action },
        PreviousRewards = new[] { reward },
        PreviousEndings = new[] { Endings.Terminated },
    };
}
