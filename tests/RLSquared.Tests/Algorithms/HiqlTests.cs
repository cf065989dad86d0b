using RLSquared.Algorithms;
using RLSquared.Experience;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

/// <summary>HIQL: where subgoals lie, how goals are named, and what moves the value.</summary>
public sealed class HiqlTests : IDisposable
{
    readonly Workers workers = new(1);

    public void Dispose() => workers.Dispose();

    GoalAlgorithm Create(GoalProblem problem, HiqlOptions? options = null) => Hiql.Create(
        problem, (options ?? new()) with { Learning = RivalBench.Tiny, Latent = 4, SubgoalSteps = 2 }, 1, workers);

    // Two steps ahead for the low policy, up to the end; for the high one also up to its goal.
    [Fact]
    public void Subgoals_lie_some_steps_ahead_and_neither_beyond_the_goal_nor_the_end()
    {
        GoalProblem walk = RivalBench.Problem();
        using GoalAlgorithm algorithm = Create(walk);
        using GoalBatch batch = RivalBench.Drawn(algorithm, walk, 200, subgoals: 2);
        bool isCut = false;
        for (int b = 0; b < batch.Count; b++)
        {
            int i = batch.Anchors[b], j = batch.ActorGoals[b];
            Assert.True(j > i);
            Assert.Equal(Math.Min(i + 2, 5), batch.Subgoals[0][b]);
            Assert.Equal(Math.Min(Math.Min(i + 2, 5), j), batch.Subgoals[1][b]);
            isCut |= j == i + 1;
        }
        Assert.True(isCut);
    }

    [Fact]
    public void Names_have_the_length_of_the_root_of_their_numbers_and_keep_their_direction()
    {
        using var arena = new Arena();
        var tape = new Tape(arena);
        float[] name = HiqlValue.Name(tape.Constant(new Shape(1, 4), [3, 0, -4, 0])).ToArray();
        Assert.Equal([1.2f, 0, -1.6f, 0], name.Select(number => MathF.Round(number, 4)));      // of length 2 = √4
    }

    [Fact]
    public void The_policies_move_no_value_and_each_has_its_own_temperature()
    {
        GoalProblem walk = RivalBench.Problem();
        var plain = new HiqlOptions { Temperature = 0, HighTemperature = 0 };
        Assert.Equal(Gradient(plain, "value"), Gradient(new() { Temperature = 5, HighTemperature = 7 }, "value"));
        Assert.Equal(Gradient(plain, "actor"), Gradient(plain with { HighTemperature = 7 }, "actor"));
        Assert.NotEqual(Gradient(plain, "actor"), Gradient(plain with { Temperature = 5 }, "actor"));
        Assert.Equal(Gradient(plain, "high"), Gradient(plain with { Temperature = 5 }, "high"));
        Assert.NotEqual(Gradient(plain, "high"), Gradient(plain with { HighTemperature = 7 }, "high"));

        float[] Gradient(HiqlOptions options, string group)
        {
            using GoalAlgorithm algorithm = Create(walk, options);
            using GoalBatch batch = RivalBench.Drawn(algorithm, walk, 16, subgoals: 2);
            float[] found = RivalBench.Gradient(algorithm, batch, group);
            Assert.Contains(found, g => g != 0);
            return found;
        }
    }

    // The high policy is drawn to the names of subgoals: half the mean squared error without weights.
    [Fact]
    public void The_loss_of_the_high_policy_is_half_the_squared_error_of_the_name()
    {
        GoalProblem walk = RivalBench.Problem();
        using GoalAlgorithm algorithm = Create(walk, new() { HighTemperature = 0 });
        using GoalBatch batch = RivalBench.Drawn(algorithm, walk, 16, subgoals: 2);
        foreach (Parameter parameter in algorithm.Parameters.Group("high").All)
            parameter.SetAll(0);                                        // names nothing: all numbers 0
        algorithm.Updates.Loss(batch);
        Assert.Equal(2, batch.Notes.First(note => note.Name == "high_loss").Sum, 1e-3);        // ½ (√4)²
    }
}
