using System.Reflection;
using System.Runtime.CompilerServices;
using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Experience;
using RLSquared.Opponents;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Outside.Tests;

/// <summary>docs/extending.md, 'From an assembly of your own', followed step by step.</summary>
public sealed class OutsideTests
{
    [Fact]
    public void Nothing_is_visible_here_that_is_not_public()
    {
        foreach (Assembly library in new[] { typeof(IAlgorithm).Assembly, typeof(Tensor).Assembly })
        {
            Assert.DoesNotContain(library.GetCustomAttributes<InternalsVisibleToAttribute>(),
                friend => friend.AssemblyName == typeof(OutsideTests).Assembly.GetName().Name);
        }
    }

    [Fact]
    public void A_task_of_ones_own_has_its_opponents_its_ceiling_and_its_options()
    {
        var task = new Doors();
        Assert.Null(TaskCheck.Run(task).Error);
        Assert.Equal(["random", "sweeper"], AgentCatalogue.For(task).Select(entry => entry.Name));

        var options = new EvaluationOptions { Instances = 400, TuningInstances = 10, Threads = 1 };
        EvaluationResult result = Evaluator.Run(task, Tuning.Opponents(task, options), options);
        Assert.Equal(("prize known, out of reach", 8.0), (result.Ceiling!.Name, result.Ceiling.Score.Mean));
        Assert.InRange(result.Agents[0].Score.Mean, 1.7, 2.3);                          // random: 8 / 4
        Assert.InRange(result.Agents[1].Score.Mean, 6.2, 6.8);                          // 8 − (0 + 1 + 2 + 3) / 4
        Assert.Equal((16, 128), (Rl2Options.For(task).Network.Hidden, Rl2Options.For(task).Trials));
    }

    [Fact]
    public void A_feed_forward_policy_of_ones_own_learns()
    {
        using var learner = new FeedForward(Signposts(), seed: 1);
        new Training(learner, Budget.Parse("60K")).Run();
        Assert.InRange(Score(learner), 8.5, 10);
    }

    [Fact]
    public void A_value_based_algorithm_of_ones_own_learns_from_a_dataset()
    {
        using var learner = new FittedQ(Dataset.Record(Signposts(), new RandomAgent(), 60, seed: 3), seed: 1);
        new Training(learner, Budget.Parse("400")).Run();
        // The agent draws by the softmax of values that are one apart: e / (e + 2) of ten steps are right, not 10/3.
        Assert.Equal("updates", ((IAlgorithm)learner).Unit);
        Assert.InRange(Score(learner), 4.5, 7);
    }

    [Fact]
    public void A_sibling_of_rl2_learns_and_goes_on_from_its_checkpoint_to_the_same_bits()
    {
        var task = new BernoulliBandits(new() { Arms = 2, Pulls = 10 });
        using var workers = new Workers(2);
        using var whole = (IAgentAlgorithm)PlainRl2.Entry.Create(task, [], 1, workers);
        using IAlgorithm half = PlainRl2.Entry.Create(task, [], 1, workers);
        using IAlgorithm rest = PlainRl2.Entry.Create(task, [], 1, workers);
        double first = whole.Iterate(0).MeanReturn;
        for (int i = 1; i < 300; i++)
            whole.Iterate(0);
        Assert.InRange(first, 4, 6);
        Assert.InRange(Score(whole, task), 5.7, 7);                                     // at random 5, at best 6.3

        string path = Path.Combine(TemporaryFolder.Make(), "half.safetensors");
        for (int i = 0; i < 150; i++)
            half.Iterate(0);
        var none = new Dictionary<string, string>();
        Checkpoint.Write(path, half, new CheckpointFacts(150, half.Steps, 0, 0), none);
        Checkpoint.Read(path).Restore(rest, none);
        for (int i = 0; i < 150; i++)
            rest.Iterate(0);
        Assert.Equal(Weights(whole), Weights(rest));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void A_policy_of_another_kind_plays_what_it_learns_from_and_learns()
    {
        var task = new BernoulliBandits(new() { Arms = 2, Pulls = 10 });
        using var workers = new Workers(2);
        var policy = new FadingSums(task.Spaces, hidden: 24, seed: 1);
        using var learner = new PlainRl2(task, new(), 1, workers, policy);
        for (int i = 0; i < 300; i++)
            learner.Iterate(0);
        Assert.InRange(Score(learner, task), 5.7, 7);

        // log π as it was when the actions were taken, and by the batch that is learned from.
        using var collector = new Collector(task, policy, trials: 8, shards: 1, chunk: 8, seed: 2, discount: 1,
            keepsRegrets: false, workers);
        collector.Play(0);
        Tape tape = collector.Shards[0].Tape;
        tape.Reset();
        var batch = new TrialBatch(collector.Rollout, collector.Shards[0].Trials, tape);
        float[] learned = policy.Distribution(tape, batch.Input(policy)).LogProbability(batch.Taken()).ToArray();
        float[] played = batch.Pick(collector.Rollout.LogProbabilities).ToArray();
        Assert.All(learned.Zip(played), both => Assert.Equal(both.First, both.Second, 1e-5f));
    }

    // Three states in turn; in state s the action s is right.
    static TaskDistribution Signposts() => TaskDistribution.FromEnvironment(
        "signposts", ObservationSpace.Discrete(3), 3, episodes: 1, maxStepsPerEpisode: 10, () => new Signpost());

    static double Score(IAgentAlgorithm learner, TaskDistribution? task = null) => Evaluator.Run(task ?? Signposts(),
        [learner.Agent], new() { Instances = 300, Threads = 1 }).Agents[0].Score.Mean;

    static float[] Weights(IAlgorithm learner) =>
        [.. learner.Parameters.All.SelectMany(parameter => parameter.Value.ToArray())];

    sealed class Signpost : SingleEnvironment
    {
        int state;

        public override void Reset(ref Tensors.Random.RandomSequence random, Span<float> observation) =>
            observation[0] = state = random.NextInt(3);

        public override StepResult Step(
            ReadOnlyActionSpan action, ref Tensors.Random.RandomSequence random, Span<float> observation)
        {
            float reward = action[0] == state ? 1 : 0;
            observation[0] = state = random.NextInt(3);
            return new StepResult(reward);
        }
    }
}
