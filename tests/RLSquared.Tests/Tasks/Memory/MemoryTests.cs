using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks.Memory;

public sealed class TMazeTests
{
    // Walks right; at the junction it turns as the sign said if it remembers, else up.
    sealed class Walker(bool remembers) : Agent
    {
        public override string Name => "walker";
        public override Player CreatePlayer(TaskDistribution task, int lanes) => new Walking(remembers, lanes);

        sealed class Walking(bool remembers, int lanes) : Player
        {
            readonly float[] signs = new float[lanes];

            public override void Begin(ulong seed, ulong firstTrial)
            {
            }

            public override void Act(in Percept percept, ActionSpan actions)
            {
                for (int lane = 0; lane < percept.Lanes; lane++)
                {
                    float seen = percept.Observations[lane];
                    if (seen is 1 or 2)
                        signs[lane] = seen;
                    actions[lane] = seen != 3 ? 0 : remembers && signs[lane] == 2 ? 3 : 1;
                }
            }
        }
    }

    [Fact]
    public void Who_remembers_earns_all_and_who_does_not_half()
    {
        var task = new TMaze(new() { Corridor = 7, Episodes = 2 });
        EvaluationResult result = Evaluator.Run(
            task, [new Walker(remembers: true), new Walker(remembers: false)], new() { Instances = 1000 });
        Assert.Equal(2, result.Agents[0].Score.Mean);
        Assert.Equal(1, result.Agents[1].Score.Mean, 0.1);
        Assert.Equal(2, result.Ceiling!.Score.Mean);
    }

    // Standing still in a corridor of 4 costs ¼ at each of four steps, and the last step pays nothing.
    [Fact]
    public void Not_walking_on_costs_and_nothing_but_the_junction_pays()
    {
        Lanes lanes = new TMaze(new() { Corridor = 4 }).CreateLanes(1);
        float[] seen = new float[1], rewards = new float[1];
        var endings = new Endings[1];
        lanes.Begin(1, 0, seen);
        Assert.True(seen[0] is 1 or 2);
        for (int t = 0; t < 4; t++)
        {
            lanes.Step([1], seen, rewards, endings);
            Assert.Equal((-0.25f, 0, Endings.None), (rewards[0], seen[0], endings[0]));
        }
        lanes.Step([1], seen, rewards, endings);
        Assert.Equal((0, Endings.Terminated | Endings.TrialEnded), (rewards[0], endings[0]));
    }
}

public sealed class DarkKeyToDoorTests
{
    // In a room of 2 × 2 that begins at cell 3, going round passes all cells: the key, and then the door.
    [Fact]
    public void The_key_pays_once_and_then_the_door_ends_the_episode()
    {
        var task = new DarkKeyToDoor(new() { Size = 2, Episodes = 1, Horizon = 12 });
        Lanes lanes = task.CreateLanes(100);
        float[] seen = new float[100], rewards = new float[100], totals = new float[100];
        var endings = new Endings[100];
        int[] actions = new int[100], round = [0, 2, 1, 3];             // to cells 1, 0, 2, 3
        lanes.Begin(1, 0, seen);
        Assert.All(seen, cell => Assert.Equal(3, cell));
        for (int t = 0; t < 12; t++)
        {
            Array.Fill(actions, round[t % 4]);
            lanes.Step(actions, seen, rewards, endings);
            for (int lane = 0; lane < 100; lane++)
            {
                totals[lane] += rewards[lane];
                if (endings[lane].HasFlag(Endings.Terminated))
                    Assert.Equal(2, totals[lane]);
            }
        }
        Assert.All(endings, ending => Assert.Equal(Endings.TrialEnded, ending));
        Assert.All(totals, total => Assert.Equal(2, total));
    }

    [Fact]
    public void Who_knows_both_places_earns_two_an_episode() => Assert.Equal(20, Evaluator.Run(
        new DarkKeyToDoor(), [new RandomAgent()], new() { Instances = 100 }).Ceiling!.Score.Mean);
}
