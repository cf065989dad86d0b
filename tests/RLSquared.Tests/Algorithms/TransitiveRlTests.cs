using RLSquared.Algorithms;
using RLSquared.Datasets;
using RLSquared.Evaluation;
using RLSquared.Experience;
using RLSquared.Settings;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Algorithms;

/// <summary>Transitive RL: its targets and weights by hand, what flows where, and what it learns of a chain.</summary>
public sealed class TransitiveRlTests : IDisposable
{
    const float Gamma = 0.8f;

    static readonly GoalLearningOptions tiny = new()
    {
        Hidden = 16,
        Layers = 1,
        Batch = 8,
        Shards = 2,
        Discount = Gamma,
        Updates = 3,
        Probes = 1,
        LearningRate = 3e-3f,
    };

    static readonly TransitiveRlOptions onChain = new()
    {
        Learning = tiny,
        Extraction = Extraction.Discrete,
        Behaviour = 0.1f,
        DistanceWeight = 0,
    };

    readonly Workers workers = new(1);

    public void Dispose() => workers.Dispose();

    // One trajectory along a chain, six rows: states 0 … 5, always to the right.
    static GoalProblem Walk()
    {
        var chain = new GridGoals(new() { Width = 6 });
        return new GoalProblem(chain, new GoalDataset("walk", chain.Observation, chain.Action,
            [0, 1, 2, 3, 4, 5], [], [3, 3, 3, 3, 3, 3], [false, false, false, false, false, true]));
    }

    static GoalBatch BatchOf(GoalProblem problem, params (int I, int K, int J)[] rows)
    {
        var batch = new GoalBatch(problem.Data(), 0, rows.Length, rows.Length);
        for (int b = 0; b < rows.Length; b++)
        {
            (batch.Anchors[b], batch.Subgoals[0][b], batch.Goals[b]) = rows[b];
            batch.ActorGoals[b] = rows[b].J;
        }
        return batch;
    }

    static Tensor Question(GoalBatch batch, int[] from, int[] to) => Tensor.Concatenate(
        batch.Observations(from), batch.Observations(to), batch.Actions(from));

    static Tensor Target(TransitiveRl algorithm, GoalBatch batch, int e) =>
        algorithm.Target(batch, e, Question(batch, batch.Anchors, batch.Goals));

    // ---- targets ----

    [Fact]
    public void A_target_whose_halves_take_at_most_one_step_each_is_the_discount_to_the_steps()
    {
        GoalProblem walk = Walk();
        using var algorithm = new TransitiveRl(walk, onChain, 1, workers);
        using GoalBatch batch = BatchOf(walk, (0, 0, 1), (0, 1, 2), (3, 4, 5), (2, 2, 3));
        float[] found = Target(algorithm, batch, 0).ToArray(), wanted = [0.8f, 0.64f, 0.64f, 0.8f];
        for (int i = 0; i < wanted.Length; i++)
            Assert.Equal(wanted[i], found[i], 1e-6f);
    }

    // Halves of two steps: σ(target(0 → 2)) · σ(target(2 → 4)), each with the action that was taken where it begins.
    [Fact]
    public void A_target_of_longer_halves_is_the_product_of_what_its_own_target_member_says()
    {
        GoalProblem walk = Walk();
        using var algorithm = new TransitiveRl(walk, onChain, 1, workers);
        using GoalBatch batch = BatchOf(walk, (0, 2, 4), (1, 1, 4), (0, 1, 4), (0, 3, 4));
        for (int e = 0; e < 2; e++)
        {
            float left = Probability(0, 2), right = Probability(2, 4);
            float[] wanted =
                [left * right, Probability(1, 4), Gamma * Probability(1, 4), Probability(0, 3) * Gamma];
            float[] found = Target(algorithm, batch, e).ToArray();
            for (int i = 0; i < wanted.Length; i++)
                Assert.Equal(wanted[i], found[i], 1e-6f);

            float Probability(int from, int to) =>
                algorithm.Targets.Logits(e, Question(batch, [from], [to])).Sigmoid().Read();
        }
        Assert.NotEqual(Target(algorithm, batch, 0).ToArray()[0], Target(algorithm, batch, 1).ToArray()[0]);
    }

    [Fact]
    public void Targets_are_of_the_networks_that_follow_and_no_gradient_flows_to_them()
    {
        GoalProblem walk = Walk();
        using var algorithm = new TransitiveRl(walk, onChain, 1, workers);
        using GoalBatch batch = BatchOf(walk, (0, 2, 4));
        float before = Target(algorithm, batch, 0).Read();
        foreach (Parameter parameter in algorithm.Parameters.Group("critic").All)
            parameter.SetAll(0.1f);
        Tensor target = Target(algorithm, batch, 0);
        Assert.Equal(before, target.Read());
        Assert.False(target.IsDifferentiable);
    }

    [Fact]
    public void Of_several_subgoals_the_best_makes_the_target()
    {
        GoalProblem walk = Walk();
        using var algorithm = new TransitiveRl(walk, onChain with { Subgoals = 2 }, 1, workers);
        using var both = new GoalBatch(walk.Data(), 0, 1, 1, subgoals: 2);
        (both.Anchors[0], both.Goals[0]) = (0, 4);
        float One(int k)
        {
            using GoalBatch batch = BatchOf(walk, (0, k, 4));
            return Target(algorithm, batch, 0).Read();
        }
        foreach ((int first, int second) in ((int, int)[])[(1, 2), (2, 3), (3, 1)])
        {
            (both.Subgoals[0][0], both.Subgoals[1][0]) = (first, second);
            Assert.Equal(Math.Max(One(first), One(second)), Target(algorithm, both, 0).Read(), 1e-6f);
        }
    }

    // D = ln γ² / ln γ = 2, so that λ = 1 leaves a third; the target is above Q = 0.5, and that weighs κ.
    [Fact]
    public void A_row_weighs_as_the_expectile_and_the_distance_say()
    {
        GoalProblem walk = Walk();
        using var algorithm = new TransitiveRl(walk, onChain with { DistanceWeight = 1 }, 1, workers);
        using GoalBatch batch = BatchOf(walk, (0, 1, 2), (0, 1, 2), (0, 1, 2), (0, 1, 2));
        Tensor values = batch.Column([0.5f, 0.5f, 0.5f, 0.5f]);
        Tensor target = batch.Column([Gamma * Gamma, 1, Gamma * Gamma * Gamma * Gamma, 0]);
        float[] found = algorithm.Weight(batch, values, target).ToArray();
        float[] wanted = [0.7f / 3, 0.7f, 0.3f / 5, 0];                  // γ⁴ = 0.41 is below; a target of 0 is ∞ away
        for (int i = 0; i < 4; i++)
            Assert.Equal(wanted[i], found[i], 1e-5f);

        using var alike = new TransitiveRl(walk, onChain, 1, workers);
        Assert.Equal([0.7f, 0.7f, 0.3f, 0.3f],
            alike.Weight(batch, values, target).ToArray().Select(w => MathF.Round(w, 5)));
    }

    // Two steps ahead: over them the way from 0 to 5 gains (D(0) − D(2)) / 2. A goal that is passed on the way is 0
    // steps away there; the last row's action is unknown, so that from 3 only one step counts, and from 4 none.
    [Fact]
    public void A_way_gains_the_steps_by_which_the_goal_is_nearer_at_its_end()
    {
        GoalProblem walk = Walk();
        using var algorithm = new TransitiveRl(
            walk, onChain with { Extraction = Extraction.Awr, Lookahead = 2 }, 1, workers);
        using GoalBatch batch = BatchOf(walk, (0, 0, 5), (1, 1, 3), (1, 1, 2), (3, 3, 0), (4, 4, 0), (4, 4, 5));
        Tensor gain = algorithm.Gain(batch, batch.Observations(batch.Anchors), batch.Observations(batch.ActorGoals),
            batch.Actions(batch.Anchors));
        float[] wanted = [(Steps(0, 5) - Steps(2, 5)) / 2, Steps(1, 3) / 2, Steps(1, 2), Steps(3, 0) - Steps(4, 0), 0,
            Steps(4, 5)];
        float[] found = gain.ToArray();
        for (int b = 0; b < wanted.Length; b++)
            Assert.Equal(wanted[b], found[b], 1e-4f);

        float Steps(int from, int to)
        {
            Tensor question = Question(batch, [from], [to]);
            float logit = algorithm.Critics.MeanLogits(question).Read();
            return MathF.Log(1 / (1 + MathF.Exp(-logit))) / MathF.Log(Gamma);
        }
    }

    // ---- what is drawn ----

    [Fact]
    public void Goals_lie_ahead_and_subgoals_from_the_anchor_up_to_before_the_goal()
    {
        GoalProblem walk = Walk();
        using var algorithm = new TransitiveRl(walk, onChain with { Geometric = false }, 1, workers);
        using var batch = new GoalBatch(walk.Data(), 0, 1, 1);
        var seen = new HashSet<(int, int, int)>();
        RandomSequence random = new RandomKey(1, RandomPurpose.Other, 0).Sequence(0);
        for (int draw = 0; draw < 2000; draw++)
        {
            algorithm.Draw(batch, 0, ref random);
            (int i, int k, int j) = (batch.Anchors[0], batch.Subgoals[0][0], batch.Goals[0]);
            Assert.True(i >= 0 && i <= 4 && j > i && j <= 5 && k >= i && k < j, $"{i} {k} {j}");
            seen.Add((i, k, j));
        }
        Assert.Equal(35, seen.Count);                  // Σ over i < j of (j − i) = 5·1 + 4·2 + 3·3 + 2·4 + 1·5
    }

    // ---- what flows where ----

    [Fact]
    public void The_policy_moves_no_critic_and_the_critics_move_no_policy()
    {
        GoalProblem walk = Walk();
        float[] with = CriticGradient(1), without = CriticGradient(100);          // α moves the policy's loss alone
        Assert.Equal(with, without);
        Assert.Contains(with, g => g != 0);

        float[] CriticGradient(float behaviour)
        {
            using var algorithm = new TransitiveRl(walk, onChain with { Behaviour = behaviour }, 1, workers);
            using GoalBatch batch = BatchOf(walk, (0, 1, 2), (0, 2, 4));
            batch.Tape.Backward(algorithm.Loss(batch));
            Assert.True(batch.Tape.TryGradientOf(algorithm.Parameters.Group("actor").All[0], out _));
            return [.. algorithm.Parameters.Group("critic").All.SelectMany(parameter =>
                batch.Tape.TryGradientOf(parameter, out Tensor gradient) ? gradient.ToArray() : [])];
        }
    }

    [Fact]
    public void Targets_follow_by_their_share()
    {
        GoalProblem walk = Walk();
        using var at = new TransitiveRl(walk, onChain with { Learning = tiny with { Follow = 1 } }, 1, workers);
        using var by = new TransitiveRl(walk, onChain with { Learning = tiny with { Follow = 0.25f } }, 1, workers);
        float[] first = by.Critics.Group.All[0].Value.ToArray();
        at.Updates.Update();
        by.Updates.Update();
        Assert.Equal(at.Parameters.Group("critic").All[0].Value.ToArray(), at.Targets.Group.All[0].Value.ToArray());
        float[] now = by.Critics.Group.All[0].Value.ToArray();
        float[] target = by.Targets.Group.All[0].Value.ToArray();
        for (int i = 0; i < now.Length; i++)
            Assert.Equal(0.75f * first[i] + 0.25f * now[i], target[i], 1e-6f);
    }

    // ---- learning ----

    [Theory, InlineData("rpg"), InlineData("frs"), InlineData("awr"), InlineData("plan")]
    public void Policies_of_numbers_learn_and_act_within_the_limits(string extraction)
    {
        GoalProblem problem = Maze();
        TransitiveRlOptions options = TransitiveRlOptions.Table.Apply(
            TransitiveRlOptions.Small(problem) with { Learning = tiny with { Updates = 20, Batch = 64 } },
            [new("extraction", extraction), new("draws", "4"), new("flow-steps", "3")]);
        using var algorithm = new TransitiveRl(problem, options, 1, workers);
        IterationReport first = algorithm.Iterate(0);
        IterationReport last = default;
        for (int i = 0; i < 4; i++)
            last = algorithm.Iterate(0);
        Assert.True(Figure(last, "actor_loss") < Figure(first, "actor_loss"));
        Assert.Equal(100, last.Steps);
        EvaluationResult result = algorithm.Evaluate(new() { Instances = 5, Threads = 1 }, default);
        Assert.Equal(["transitive-rl", "random"], result.Agents.Select(agent => agent.Name));
        Assert.Equal(5, result.Agents[0].Figures.Count);
    }

    static double Figure(IterationReport report, string name) =>
        report.Figures.First(figure => figure.Name == name).Value;

    static GoalProblem Maze() => new(new PointMaze(), new GoalDataOptions { Trajectories = 20, Rows = 101 });

    // ---- oracle representations ----

    [Fact]
    public void A_representation_of_goals_is_learned_by_critics_of_its_own_that_move_no_other()
    {
        var chain = new GridGoals(new() { Width = 6 });
        var data = new GoalDataset("walk", chain.Observation, chain.Action, [0, 1, 2, 3, 4, 5], [], [3, 3, 3, 3, 3, 3],
            [false, false, false, false, false, true], [0, .2f, .4f, .6f, .8f, 1]);
        var problem = new GoalProblem(chain, data);
        using var algorithm = new TransitiveRl(problem, onChain, 1, workers);
        using var plain = new TransitiveRl(Walk(), onChain, 1, workers);
        float[] with = Gradient(algorithm, problem, "critic"), without = Gradient(plain, Walk(), "critic");
        Assert.Equal(without, with);
        Assert.Contains(Gradient(algorithm, problem, "oracle"), g => g != 0);

        static float[] Gradient(TransitiveRl algorithm, GoalProblem problem, string group)
        {
            using GoalBatch batch = BatchOf(problem, (0, 1, 2), (0, 2, 4));
            batch.Tape.Backward(algorithm.Loss(batch));
            return [.. algorithm.Parameters.Group(group).All.SelectMany(parameter =>
                batch.Tape.TryGradientOf(parameter, out Tensor gradient) ? gradient.ToArray() : [])];
        }
    }

    // ---- state ----

    [Fact]
    public void The_bits_are_the_same_on_any_number_of_threads()
    {
        using var two = new Workers(2);
        Assert.Equal(Learned(workers), Learned(two));

        static float[] Learned(Workers workers)
        {
            GoalProblem problem = Maze();
            using var algorithm = new TransitiveRl(problem, TransitiveRlOptions.Small(problem) with
            {
                Learning = tiny with { Batch = 50, Shards = 3 },
            }, 5, workers);
            algorithm.Iterate(0);
            return [.. algorithm.Parameters.All.SelectMany(parameter => parameter.Value.ToArray())];
        }
    }

    [Fact]
    public void A_restored_state_goes_on_to_the_same_bits()
    {
        using var whole = new TransitiveRl(Walk(), onChain, 3, workers);
        whole.Iterate(0);
        StateList saved = StateList.Of(whole);
        var tensors = saved.Tensors.ToDictionary(part => part.Name, part => part.Tensor.ToArray());
        var integers = saved.Integers.ToDictionary(part => part.Key, part => part.Value);
        using var other = new TransitiveRl(Walk(), onChain, 3, workers);
        other.VisitState(new Restoring(tensors, integers));
        whole.Iterate(0);
        other.Iterate(0);
        Assert.Equal(StateList.Of(whole).Tensors.Select(part => part.Tensor.ToArray()),
            StateList.Of(other).Tensors.Select(part => part.Tensor.ToArray()));
        Assert.Equal(whole.Steps, other.Steps);
    }

    [Fact]
    public void In_the_steady_state_an_update_allocates_nothing()
    {
        GoalProblem problem = Maze();
        Extraction[] ofNumbers = [Extraction.Rpg, Extraction.Frs, Extraction.Awr, Extraction.Plan];
        foreach (Extraction extraction in ofNumbers)
        {
            using var algorithm = new TransitiveRl(problem,
                TransitiveRlOptions.Small(problem) with { Learning = tiny, Extraction = extraction }, 1, workers);
            for (int i = 0; i < 3; i++)
                algorithm.Updates.Update();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 3; i++)
                algorithm.Updates.Update();
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    sealed class Restoring(Dictionary<string, float[]> tensors, Dictionary<string, long> integers) : StateVisitor
    {
        public override void Tensor(string name, Tensor tensor) => tensor.CopyFrom(tensors[name]);

        public override void Integer(string name, ref long value) => value = integers[name];

        public override void Bytes(string name, ref byte[] bytes) => throw new NotSupportedException();
    }

    // ---- options ----

    [Theory]
    [InlineData("discount", "1", "discount must be above 0 and below 1, but is 1")]
    [InlineData("expectile", "0.5", "expectile must be above 0.5 and below 1, but is 0.5")]
    [InlineData("expectile", "0.2", "expectile must be above 0.5 and below 1, but is 0.2")]
    [InlineData("distance-weight", "-1", "distance-weight must be from 0 to 16, but is -1")]
    [InlineData("linking", "2", "linking must be from 0 to 1, but is 2")]
    [InlineData("subgoals", "0", "subgoals must be from 1 to 16, but is 0")]
    [InlineData("shards", "9", "9 shards cannot share a batch of 8; 8 can")]
    [InlineData("extraction", "rpg",
        "an action of grid-goals is a choice: extraction must be discrete, greedy, awr or plan, since rpg and frs " +
        "need numbers")]
    public void What_cannot_be_is_said_in_one_sentence(string option, string value, string message) => Assert.Equal(
        message, Assert.Throws<OptionException>(() => new TransitiveRl(Walk(),
            TransitiveRlOptions.Table.Apply(onChain, [new(option, value)]), 1, workers)).Message);

    [Fact]
    public void Data_of_another_kind_are_refused()
    {
        var chain = new GridGoals(new() { Width = 6 });
        Assert.Equal("point-maze has observations of 2 numbers and 2 numbers, but grid-goals has 6 and 4 actions",
            Assert.Throws<OptionException>(() => new GoalProblem(chain, Maze().Data())).Message);
    }

    [Fact]
    public void Every_option_is_read_and_shown()
    {
        TransitiveRlOptions changed = TransitiveRlOptions.Table.Apply([
            new("expectile", "0.8"), new("distance-weight", "2"), new("subgoals", "3"), new("geometric", "false"),
            new("linking", "0.25"), new("random-subgoals", "true"), new("stochastic", "true"), new("extraction", "frs"),
            new("behaviour", "0.5"), new("actor-geometric", "true"), new("actor-random", "0.5"), new("draws", "7"),
            new("flow-steps", "6"), new("hidden", "33"), new("layers", "2"), new("discount", "0.9"), new("batch", "64"),
            new("shards", "2"), new("lookahead", "5"), new("normalise", "true"), new("learning-rate", "0.001"),
            new("follow", "0.01"), new("updates", "9"),
            new("probes", "0"), new("initial-steps", "50"), new("input-gain", "4"), new("reach", "15"),
            new("landmarks", "99"), new("recorded", "true"), new("apart", "0.25")]);
        IReadOnlyList<Assignment> shown = TransitiveRlOptions.Table.Show(changed);
        Assert.Equal(changed, TransitiveRlOptions.Table.Apply(shown));
        Assert.DoesNotContain(shown, setting => TransitiveRlOptions.Table.Show(new()).Contains(setting));
    }
}
