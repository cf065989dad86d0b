using RLSquared.Algorithms;
using RLSquared.Datasets;
using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Algorithms;

/// <summary>Choices by the largest value alone, and goals that count as out of reach.</summary>
public sealed class GoalChoicesTests : IDisposable
{
    const float Gamma = 0.8f;

    readonly Workers workers = new(1);

    static readonly TransitiveRlOptions options = new()
    {
        Learning = RivalBench.Tiny with { Discount = Gamma },
        Extraction = Extraction.Greedy,
        DistanceWeight = 0,
    };

    public void Dispose() => workers.Dispose();

    // Q = 10 · state + choice, less the goal: 1 and then 3 states, so that the room for questions grows.
    [Fact]
    public void All_choices_are_asked_about_at_once()
    {
        GoalProblem walk = RivalBench.Problem();
        var choices = new GoalChoices(new GoalInput(walk.Data()), question =>
        {
            Tensor weights = question.Tape!.Constant(new Shape(16, 1),
                [0, 10, 20, 30, 40, 50, 0, -1, -2, -3, -4, -5, 0, 1, 2, 3]);
            return question.MatMul(weights);
        });
        var tape = new Tape(new Arena());
        Assert.Equal([8, 9, 10, 11],
            choices.Forward(RivalBench.OneHot(tape, 1), RivalBench.OneHot(tape, 2)).ToArray());
        Tensor state = RivalBench.OneHot(tape, 0, 5, 2), goal = RivalBench.OneHot(tape, 5, 0, 1);
        Tensor all = choices.Forward(state, goal);
        Assert.Equal(new Shape(3, 4), all.Shape);
        Assert.Equal([-5, -4, -3, -2, 50, 51, 52, 53, 19, 20, 21, 22], all.ToArray());
        Assert.Equal([-2, 53, 22], choices.Best(state, goal).ToArray());
        tape.Arena.Dispose();
    }

    [Fact]
    public void The_greedy_choice_is_that_of_the_largest_value_and_has_no_weights_of_its_own()
    {
        using var algorithm = new TransitiveRl(RivalBench.Problem(), options, 1, workers);
        Assert.DoesNotContain(algorithm.Parameters.All, parameter => parameter.Name.StartsWith("actor"));
        algorithm.Iterate(0);
        var tape = new Tape(new Arena()) { Recording = false };
        var action = new ActionBuffer(RivalBench.Chain.Action, 1);
        for (int state = 0; state < 6; state++)
        {
            for (int goal = 0; goal < 6; goal++)
            {
                float[] values = [.. Enumerable.Range(0, 4).Select(choice =>
                {
                    tape.Reset();
                    float[] chosen = new float[4];
                    chosen[choice] = 1;
                    return algorithm.Values(RivalBench.OneHot(tape, state), RivalBench.OneHot(tape, goal),
                        tape.Constant(new Shape(1, 4), chosen)).Read();
                })];
                algorithm.Act([state], [goal], action.Span);
                Assert.Equal(Array.IndexOf(values, values.Max()), action.Choices[0]);
                tape.Reset();
                Assert.Equal(values.Max(), ((IGoalPolicy)algorithm).Nearness!(
                    RivalBench.OneHot(tape, state), RivalBench.OneHot(tape, goal)).Read(), 1e-6f);
            }
        }
        tape.Arena.Dispose();
    }

    [Fact]
    public void A_greedy_rival_learns_the_values_of_the_other_and_has_no_policy_to_learn()
    {
        GoalProblem walk = RivalBench.Problem();
        TdNOptions plain = new() { Learning = RivalBench.Tiny, Steps = 2 };
        using GoalAlgorithm greedy = TdN.Create(walk, plain with { Greedy = true }, 1, workers);
        using GoalAlgorithm other = TdN.Create(walk, plain, 1, workers);
        Assert.DoesNotContain(greedy.Parameters.All, parameter => parameter.Name.StartsWith("actor"));
        for (int i = 0; i < 3; i++)
        {
            greedy.Updates.Update();
            other.Updates.Update();
        }
        Assert.Equal(Critics(other), Critics(greedy));
        var percept = new GoalPercept
        {
            Lanes = 1,
            Observations = [1],
            Goals = [4],
            Step = 0,
            Seed = 1,
            FirstEpisode = 0,
        };
        var action = new ActionBuffer(RivalBench.Chain.Action, 1);
        greedy.Act(1)(in percept, action.Span);
        Assert.InRange(action.Choices[0], 0, 3);

        static float[] Critics(GoalAlgorithm algorithm) =>
            [.. algorithm.Parameters.Group("critic").All.SelectMany(parameter => parameter.Value.ToArray())];
    }

    [Fact]
    public void Greedy_needs_a_choice()
    {
        Assert.Equal("an action of point-maze is numbers: extraction must be rpg, frs, awr or plan, since discrete " +
            "and greedy need a choice", Assert.Throws<OptionException>(
                () => new TransitiveRl(RivalBench.Maze(), options, 1, workers)).Message);
        Assert.Equal("an action of point-maze is numbers: greedy needs a choice", Assert.Throws<OptionException>(
            () => TdN.Create(RivalBench.Maze(), new() { Greedy = true }, 1, workers)).Message);
    }

    // ---- goals that count as out of reach ----

    [Fact]
    public void The_share_of_goals_that_count_as_out_of_reach_lie_anywhere_and_have_no_place_on_the_way()
    {
        Assert.Equal(0, Apart(0).Share);
        Assert.InRange(Apart(0.25f).Share, 0.2, 0.3);
        (double share, int[] goals) = Apart(1);
        Assert.Equal(1, share);
        Assert.Equal([0, 1, 2, 3, 4, 5], goals);

        (double Share, int[] Goals) Apart(float apart)
        {
            using var algorithm = new TransitiveRl(RivalBench.Problem(),
                options with { Apart = apart, InitialSteps = 10, Subgoals = 2 }, 1, workers);
            using var batch = new GoalBatch(RivalBench.Problem().Data(), 0, 1, 1, 2);
            RandomSequence random = new RandomKey(1, RandomPurpose.Other, 0).Sequence(0);
            var seen = new SortedSet<int>();
            int count = 0;
            for (int draw = 0; draw < 2000; draw++)
            {
                algorithm.Draw(batch, 0, ref random);
                bool isApart = batch.Subgoals[0][0] == batch.Goals[0];
                Assert.Equal(isApart, batch.Subgoals[1][0] == batch.Goals[0]);
                count += isApart ? 1 : 0;
                if (isApart)
                    seen.Add(batch.Goals[0]);
            }
            return (count / 2000.0, [.. seen]);
        }
    }

    // 0.8¹⁰ = 0.107: above it a value is drawn down to it, below it stays, and targets of other goals are as they were.
    [Fact]
    public void A_goal_out_of_reach_is_the_initial_steps_away_or_as_far_as_the_value_says()
    {
        using var algorithm = new TransitiveRl(
            RivalBench.Problem(), options with { Apart = 0.5f, InitialSteps = 10 }, 1, workers);
        using var batch = new GoalBatch(RivalBench.Problem().Data(), 0, 3, 3);
        int[] subgoals = [4, 5, 1], goals = [4, 5, 3];
        subgoals.CopyTo(batch.Subgoals[0], 0);
        goals.CopyTo(batch.Goals, 0);
        float[] found = algorithm.OutOfReach(
            batch, batch.Column([0.9f, 0.02f, 0.9f]), batch.Column([0.7f, 0.7f, 0.7f])).ToArray();
        Assert.Equal(MathF.Pow(Gamma, 10), found[0], 1e-6f);
        Assert.Equal(0.02f, found[1], 1e-6f);
        Assert.Equal(0.7f, found[2], 1e-6f);
    }

    // Two walks, 0 1 2 and 3 4 5, as if there were a wall between 2 and 3: nothing recorded leads through it.
    [Fact]
    public void Goals_that_no_recording_links_seem_farther_where_some_count_as_out_of_reach()
    {
        GoalProblem walks = new(RivalBench.Chain, new GoalDataset("walks", RivalBench.Chain.Observation,
            RivalBench.Chain.Action, [0, 1, 2, 3, 4, 5], [], [3, 3, 3, 3, 3, 3],
            [false, false, true, false, false, true]));
        Assert.True(Across(0.5f) < 0.5f * Across(0), $"{Across(0.5f)} and {Across(0)}");

        float Across(float apart)
        {
            using var algorithm = new TransitiveRl(
                walks, options with { Apart = apart, InitialSteps = 10 }, 1, workers);
            for (int i = 0; i < 200; i++)
                algorithm.Updates.Update();
            var tape = new Tape(new Arena()) { Recording = false };
            Tensor right = tape.Constant(new Shape(1, 4), [0, 0, 0, 1]);
            float value = algorithm.Values(RivalBench.OneHot(tape, 1), RivalBench.OneHot(tape, 4), right).Read();
            tape.Arena.Dispose();
            return value;
        }
    }

    [Fact]
    public void Goals_out_of_reach_need_a_distance() => Assert.Equal(
        "apart 0.5 needs initial-steps, the distance of what is out of reach: set it to 150, say, or apart to 0",
        Assert.Throws<OptionException>(
            () => new TransitiveRl(RivalBench.Problem(), options with { Apart = 0.5f }, 1, workers)).Message);
}
