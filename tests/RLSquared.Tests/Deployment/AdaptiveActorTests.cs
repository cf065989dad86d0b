using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Deployment;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Deployment;

public sealed class AdaptiveActorTests : IDisposable
{
    static readonly PointGoals task = new(new() { Episodes = 4, Horizon = 5 });

    static readonly MamlOptions options = new()
    {
        Policy = new() { Hidden = 8 },
        Tasks = 4,
        Plays = 2,
        Shards = 2,
        StepSize = 0.5f,
        LearnStepSize = true,
    };

    readonly TemporaryFolder folder = new();
    readonly Workers workers = new(1);

    public void Dispose()
    {
        folder.Dispose();
        workers.Dispose();
    }

    // Two of four episodes, a step, and the other two; the same by the agent within a trial.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_acts_and_adapts_as_the_agent_does_in_an_evaluation(bool loaded)
    {
        using var maml = new Maml(task, options, 1, workers);
        maml.Iterate(0);
        var expected = new List<float>();
        using var game = new Game(task, maml.Agent, 1);
        game.Begin(7, 0);
        while (game.Decide())
        {
            game.Step();
            expected.Add(game.Rewards[0]);
        }

        using AdaptiveActor actor = loaded
            ? AdaptiveActor.Load(Written(maml), seed: 7) : new AdaptiveActor(maml, seed: 7);
        Assert.Equal(expected, Played(actor));
        Assert.Equal((1, 2), (actor.Adaptations, actor.Episodes));
    }

    [Fact]
    public void Another_task_begins_with_the_weights_that_were_learned()
    {
        using var maml = new Maml(task, options, 1, workers);
        maml.Iterate(0);
        using AdaptiveActor adapted = new(maml, seed: 7), fresh = new(maml, seed: 7);
        Played(adapted);
        adapted.BeginTask();
        fresh.BeginTask();
        Assert.Equal((0, 0), (adapted.Adaptations, adapted.Episodes));
        float[] first = new float[2], second = new float[2];
        adapted.Act([0.1f, 0.2f], [], first);
        fresh.Act([0.1f, 0.2f], [], second);
        Assert.Equal(second, first);
    }

    [Fact]
    public void Only_the_last_episodes_count()
    {
        using var maml = new Maml(task, options, 1, workers);
        using AdaptiveActor all = new(maml, seed: 3), last = new(maml, seed: 3), again = new(maml, seed: 3);
        float[] ofAll = After(all, 3, firstReward: 5), ofLast = After(last, 2, firstReward: 5);
        Assert.NotEqual(ofAll, ofLast);
        Assert.Equal(ofLast, After(again, 2, firstReward: -100));         // the first episode is not looked at

        static float[] After(AdaptiveActor actor, int episodes, float firstReward)
        {
            float[] numbers = new float[2];
            for (int step = 0; step < 9; step++)
            {
                actor.Act([0.1f * step, 0], [], numbers);
                actor.Receive(step < 3 ? firstReward * (step + 1) : numbers[0], done: step % 3 == 2);
            }
            actor.Adapt(episodes);
            actor.Act([0.1f, 0], [], numbers);
            return numbers;
        }
    }

    [Fact]
    public void What_makes_no_sense_is_refused_in_one_sentence()
    {
        using var maml = new Maml(task, options, 1, workers);
        using var actor = new AdaptiveActor(maml);
        float[] numbers = new float[2];
        Assert.Equal("this policy decides 2 numbers; hand over room for its choices and numbers", Message(
            () => actor.Act([0, 0])));
        Assert.Equal("let the agent act before you tell it what that brought", Message(() => actor.Receive(1, false)));
        actor.Act([0, 0], [], numbers);
        Assert.Equal("tell the agent what its last action brought before it acts again",
            Message(() => actor.Act([0, 0], [], numbers)));
        Assert.Throws<NonFiniteException>(() => actor.Receive(float.NaN, false));
        actor.Receive(1, done: true);
        Assert.Equal("the agent shall adapt by 2 episodes, but 1 were finished since its last step",
            Message(() => actor.Adapt(episodes: 2)));
        Assert.Equal("the observation has 3 numbers; this policy needs 2",
            Assert.Throws<ArgumentException>(() => actor.Act([0, 0, 0], [], numbers)).Message);

        string path = Written(maml);
        Assert.Equal($"{path} was trained by maml, whose policy adapts by gradients; load it with AdaptiveActor.Load",
            Assert.Throws<InvalidDataException>(() => Agent.Load(path)).Message);
        using var rl2 = new Rl2(new BernoulliBandits(new() { Pulls = 2 }), new() { Trials = 64 }, 1, workers);
        string other = folder.At("rl2.safetensors");
        Checkpoint.Write(other, rl2, new CheckpointFacts(0, 0, 1, 0), new Dictionary<string, string>());
        Assert.Equal($"{other} was trained by rl2, whose policy does not adapt by gradients; load it with Agent.Load",
            Assert.Throws<InvalidDataException>(() => AdaptiveActor.Load(other)).Message);
        Assert.Throws<OptionException>(() => AdaptiveActor.Load(folder.At("nothing")));

        static string Message(Action wrong) => Assert.Throws<InvalidOperationException>(wrong).Message;
    }

    string Written(Maml maml)
    {
        string path = folder.At("state.safetensors");
        Dictionary<string, string> told =
            new(MamlOptions.Table.Show(options).Select(pair => KeyValuePair.Create(pair.Key, pair.Value)));
        Checkpoint.Write(path, maml, new CheckpointFacts(1, maml.Steps, 1, 0), told);
        return path;
    }

    static List<float> Played(AdaptiveActor actor)
    {
        Lanes lanes = task.CreateLanes(1);
        float[] seen = new float[2], numbers = new float[2], reward = new float[1];
        var endings = new Endings[1];
        var rewards = new List<float>();
        lanes.Begin(7, 0, seen);
        for (int episodes = 0; episodes < 4;)
        {
            actor.Act(seen, [], numbers);
            lanes.Step(new ReadOnlyActionSpan([], numbers), seen, reward, endings);
            bool done = (endings[0] & Endings.EpisodeEnded) != 0;
            actor.Receive(reward[0], done);
            rewards.Add(reward[0]);
            episodes += done ? 1 : 0;
            if (done && episodes == 2)
                actor.Adapt(episodes: 2);
        }
        return rewards;
    }
}
