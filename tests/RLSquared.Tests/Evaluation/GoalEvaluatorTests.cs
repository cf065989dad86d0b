using RLSquared.Evaluation;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Evaluation;

public sealed class GoalEvaluatorTests
{
    static readonly PointMaze maze = new();

    // Follows the way, and half of the time a random direction, so that luck decides how long it takes.
    static GoalAct Stumbling(int lanes) => (in GoalPercept percept, ActionSpan actions) =>
    {
        for (int lane = 0; lane < percept.Lanes; lane++)
        {
            RandomSequence random = percept.Random(lane);
            Span<float> action = actions.Numbers.Slice(2 * lane, 2);
            maze.ActKnowing(percept.Observations.Slice(2 * lane, 2), percept.Goals.Slice(2 * lane, 2), action);
            if (random.NextUniform() < 0.85)
                (action[0], action[1]) = ((float)random.NextUniform() * 2 - 1, (float)random.NextUniform() * 2 - 1);
        }
    };

    [Fact]
    public void The_result_is_the_same_on_any_number_of_threads_and_lanes()
    {
        var options = new GoalEvaluationOptions { Episodes = 12, Seed = 5, Lanes = 12 };
        GoalEvaluation alone = GoalEvaluator.Run(maze, Stumbling, options);
        using var workers = new Workers(3);
        GoalEvaluation together = GoalEvaluator.Run(maze, Stumbling, options with { Lanes = 5 }, workers);
        Assert.Equal(alone.Tasks, together.Tasks);
        Assert.All(alone.Tasks, task => Assert.Equal(12, task.Episodes));
        Assert.InRange(alone.Rate, 0.1, 1);
        Assert.NotEqual(alone.Tasks, GoalEvaluator.Run(maze, Stumbling, options with { Seed = 6 }).Tasks);
    }

    [Fact]
    public void The_published_protocol_has_50_episodes_of_each_of_five_tasks()
    {
        Assert.Equal(50, new GoalEvaluationOptions().Episodes);
        foreach (GoalTaskEntry entry in GoalTaskCatalogue.Entries.Where(entry => entry.Name != "grid-goals"))
            Assert.Equal(5, entry.Create().Evaluations.Count);
    }
}
