using RLSquared.Algorithms;
using RLSquared.Datasets;
using RLSquared.Evaluation;
using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

/// <summary>Ways over recorded places: on a chain whose values are known, and on one where they are learned.</summary>
public sealed class GoalPlannerTests : IDisposable
{
    const float Gamma = 0.8f;

    readonly ParameterSet parameters = new();
    long version;

    public void Dispose() => parameters.Dispose();

    // One walk along a chain of six states. V = γ^|s − g| for every pair, also those beyond a hop.
    GoalPlanner OnChain(int reach, int landmarks = 30)
    {
        var chain = new GridGoals(new() { Width = 6 });
        var data = new GoalDataset("walk", chain.Observation, chain.Action,
            [0, 1, 2, 3, 4, 5], [], [3, 3, 3, 3, 3, 3], [false, false, false, false, false, true]);
        var input = new GoalInput(data);
        var actor = new GoalActor(parameters, input, new() { Hidden = [4] }, 1);
        return new GoalPlanner(data, input, actor.Forward, (state, goal) =>
        {
            Tensor places = Tape.Of(state).Constant(new Shape(6, 1), [0, 1, 2, 3, 4, 5]);
            Tensor way = state.MatMul(places) - goal.MatMul(places);
            return ((way.Relu() + (-way).Relu()) * MathF.Log(Gamma)).Exp();
        }, Gamma, landmarks, reach, () => version, seed: 1);
    }

    // Rows are states here, so that two landmarks are |row − row| steps apart; of the same state, 1 step: γ at most.
    [Fact]
    public void Hops_that_reach_two_steps_are_put_together_to_ways_of_any_length()
    {
        GoalPlanner planner = OnChain(reach: 2);
        double[] ways = planner.Ways();
        int M = planner.Rows.Length;
        Assert.Equal([0, 1, 2, 3, 4, 5], planner.Rows.Distinct().Order());
        for (int from = 0; from < M; from++)
        {
            for (int to = 0; to < M; to++)
            {
                int steps = Math.Abs(planner.Rows[from] - planner.Rows[to]);
                double wanted = from == to ? 1 : Math.Pow(Gamma, Math.Max(1, steps));
                Assert.Equal(wanted, ways[from * M + to], 1e-5);
            }
        }
    }

    // The last hop is one of two steps at most; before it there is the way to where it begins.
    [Fact]
    public void From_each_landmark_the_goal_is_as_far_as_the_best_way_and_its_last_hop()
    {
        GoalPlanner planner = OnChain(reach: 2);
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = false };
        float[] last = new float[planner.Rows.Length];
        double[] onward = new double[planner.Rows.Length];
        planner.Onward(tape, planner.Ways(), [0, 0, 0, 0, 0, 1], last, onward);
        for (int w = 0; w < onward.Length; w++)
        {
            Assert.Equal(Math.Pow(Gamma, 5 - planner.Rows[w]), last[w], 1e-5);
            Assert.Equal(Math.Pow(Gamma, 5 - planner.Rows[w]), onward[w], 1e-5);
        }
    }

    [Fact]
    public void Landmarks_that_are_more_than_a_hop_apart_have_no_way()
    {
        GoalPlanner planner = OnChain(reach: 2, landmarks: 2);
        double[] ways = planner.Ways();
        int steps = Math.Abs(planner.Rows[0] - planner.Rows[1]);
        Assert.Equal(steps > 2 ? 0 : Math.Pow(Gamma, Math.Max(1, steps)), ways[1], 1e-5);
    }

    [Fact]
    public void The_table_is_computed_anew_for_other_weights_alone()
    {
        GoalPlanner planner = OnChain(reach: 2, landmarks: 4);
        double[] ways = planner.Ways();
        Assert.Same(ways, planner.Ways());
        version++;
        Assert.NotSame(ways, planner.Ways());
    }

    // Reach 4: hops from γ = 0.8 down to γ⁴ = 0.41. The first landmark is too near to be aimed at, the third too far.
    [Theory]
    [InlineData(0.1, 1)]                // the goal is beyond a hop: 0.64 · 0.6 = 0.38
    [InlineData(0.5, -1)]               // the goal is a hop away and nearer than by any landmark
    public void The_aim_is_the_best_of_all_hops(double direct, int aim) =>
        Assert.Equal(aim, OnChain(reach: 4).Aim([0.9f, 0.64f, 0.3f], [0.9, 0.6, 0.99], direct));

    [Fact]
    public void Where_no_landmark_is_a_hop_away_the_best_of_the_far_ones_is_the_aim_and_without_a_way_the_goal()
    {
        GoalPlanner planner = OnChain(reach: 4);
        Assert.Equal(1, planner.Aim([0.3f, 0.2f], [0.5, 0.9], 0.1));
        Assert.Equal(-1, planner.Aim([0.6f, 0.2f], [0, 0], 0.1));
    }

    // Reach 10: 20 steps are four decisions of five steps.
    [Fact]
    public void A_landmark_that_is_not_reached_in_twice_a_hop_is_given_up()
    {
        GoalPlanner planner = OnChain(reach: 10);
        int[] tries = new int[2];
        double[] onward = [0.5, 0.9];
        for (int decision = 0; decision < 3; decision++)
            planner.GiveUp(1, tries, onward);
        planner.GiveUp(-1, tries, onward);
        Assert.Equal([0.5, 0.9], onward);
        planner.GiveUp(1, tries, onward);
        Assert.Equal([0.5, 0], onward);
    }

    // Random walks of 20 steps on a chain of 12, single hops of 3 at most: the ends are 11 steps apart.
    [Fact]
    public void A_policy_of_near_goals_reaches_the_end_of_a_chain_by_plan()
    {
        var problem = new GoalProblem(new GridGoals(new() { Width = 12 }),
            new GoalDataOptions { Trajectories = 200, Rows = 21 });
        using var workers = new Workers(1);
        using var algorithm = new TransitiveRl(problem, new()
        {
            Learning = new()
            {
                Hidden = 32,
                Layers = 1,
                Batch = 64,
                Shards = 1,
                Discount = Gamma,
                LearningRate = 3e-3f,
                Updates = 600,
                Probes = 0,
            },
            Extraction = Extraction.Plan,
            Behaviour = 0.1f,
            Reach = 3,
            Landmarks = 40,
        }, 1, workers);
        algorithm.Iterate(0);
        EvaluationResult result = algorithm.Evaluate(new() { Instances = 20, Threads = 1 }, default);
        Assert.Equal(1, result.Agents[0].Score.Mean);
    }

    // Two landmarks and any hop allowed: the table holds the rival's own value, γ^distance for qrl, γ at most.
    [Fact]
    public void A_hop_is_worth_what_the_rival_says()
    {
        GoalProblem walk = RivalBench.Problem();
        using var workers = new Workers(1);
        var planning = new GoalPlanOptions { Plan = true, Reach = 1000, Landmarks = 2 };
        using GoalAlgorithm tdN = TdN.Create(
            walk, new() { Learning = RivalBench.Tiny, Steps = 2, Planning = planning }, 1, workers);
        using GoalAlgorithm qrl = Qrl.Create(
            walk, new() { Learning = RivalBench.Tiny, Latent = 8, Planning = planning }, 1, workers);
        var tape = new Tape(new Arena()) { Recording = false };
        foreach (GoalAlgorithm algorithm in new[] { tdN, qrl })
        {
            GoalPlanner planner = algorithm.Planner!;
            tape.Reset();
            float nearness = algorithm.Nearness!(
                RivalBench.OneHot(tape, planner.Rows[0]), RivalBench.OneHot(tape, planner.Rows[1])).Read();
            double value = algorithm == qrl ? Math.Pow(RivalBench.Tiny.Discount, -nearness) : nearness;
            Assert.InRange(value, 1e-3, 1);
            Assert.Equal(Math.Min(RivalBench.Tiny.Discount, value), planner.Ways()[1], 1e-5);
        }
        tape.Arena.Dispose();
    }

    [Fact]
    public void The_policy_of_a_rival_with_a_plan_learns_goals_within_a_hop()
    {
        GoalProblem walk = RivalBench.Problem();
        using var workers = new Workers(1);
        Assert.Equal(2, Farthest(new() { Plan = true, Reach = 2 }));
        Assert.Equal(5, Farthest(new() { Reach = 2 }));

        int Farthest(GoalPlanOptions planning)
        {
            int[] farthest = new int[2];
            using GoalAlgorithm tdN = TdN.Create(
                walk, new() { Learning = RivalBench.Tiny, Steps = 2, Planning = planning }, 1, workers);
            using GoalAlgorithm qrl = Qrl.Create(
                walk, new() { Learning = RivalBench.Tiny, Latent = 8, Planning = planning }, 1, workers);
            foreach ((int n, GoalAlgorithm algorithm) in new[] { tdN, qrl }.Index())
            {
                using GoalBatch batch = RivalBench.Drawn(algorithm, walk, 300);
                farthest[n] = batch.ActorGoals.Zip(batch.Anchors, (goal, anchor) => goal - anchor).Max();
                Assert.All(batch.ActorGoals.Zip(batch.Anchors), pair => Assert.True(pair.First > pair.Second));
            }
            Assert.Equal(farthest[0], farthest[1]);
            return farthest[0];
        }
    }

    [Fact]
    public void A_plan_needs_a_policy_of_near_goals_and_whole_observations_for_qrl()
    {
        using var workers = new Workers(1);
        Assert.Equal("a plan needs a policy of near goals: set greedy or plan, not both",
            Assert.Throws<OptionException>(() => TdN.Create(RivalBench.Problem(),
                new() { Greedy = true, Steps = 2, Planning = new() { Plan = true } }, 1, workers)).Message);
        var data = new GoalDataset("walk", RivalBench.Chain.Observation, RivalBench.Chain.Action, [0, 1, 2], [],
            [3, 3, 3], [false, false, true], [0, .5f, 1]);
        QrlOptions planned = new() { Learning = RivalBench.Tiny, Latent = 8, Planning = new() { Plan = true } };
        Assert.Equal("goals of walk are no whole observations, which qrl plans over", Assert.Throws<OptionException>(
            () => Qrl.Create(new GoalProblem(RivalBench.Chain, data), planned, 1, workers)).Message);
    }
}
