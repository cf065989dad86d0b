using RLSquared.Deployment;
using RLSquared.Evaluation;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;

namespace RLSquared.Cli.Tests;

public sealed class GoalAgentTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    string Trained(string task, params string[] more)
    {
        string folder = command.At($"run-{task}");
        Result said = command.Run(["train", task, "--run", folder, "--seed", "3", "--threads", "1", "--quiet",
            "--no-tensorboard", .. more]);
        Assert.Equal((0, ""), (said.Code, said.Error));
        return folder;
    }

    string Maze() => Trained("point-maze", "--instances", "5", "--budget", "40steps", "--set", "probes=0", "updates=40",
        "hidden=16", "batch=32", "trajectories=30", "rows=101", "landmarks=20");

    // One lane of the evaluator, asked by the agent, goes the same way as the run's own policy in all episodes.
    [Fact]
    public void It_acts_as_in_the_evaluation_of_its_run()
    {
        string folder = Maze();
        using GoalAgent agent = GoalAgent.Load(folder);
        var maze = new PointMaze();
        var options = new GoalEvaluationOptions { Episodes = 2, Lanes = 1 };
        GoalEvaluation own = GoalEvaluator.Run(maze, _ =>
        {
            agent.BeginEpisode();
            return (in GoalPercept percept, ActionSpan actions) =>
                agent.Act(percept.Observations, percept.Goals).Numbers.CopyTo(actions.Numbers);
        }, options);
        Result said = command.Run("evaluate", folder, "--instances", "10", "--threads", "1", "--json");
        using var found = System.Text.Json.JsonDocument.Parse(said.Output);
        Assert.Equal(own.Rate, found.RootElement.GetProperty("agents")[0].GetProperty("mean").GetDouble(), 1e-9);

        using GoalAgent again = GoalAgent.Load(folder);
        agent.BeginEpisode();
        float[] place = [0, 0];
        for (int step = 0; step < 30; step++)
        {
            float[] first = agent.Act(place, [12, 12]).Numbers.ToArray();
            Assert.Equal(first, again.Act(place, [12, 12]).Numbers.ToArray());
            Assert.All(first, number => Assert.InRange(number, -1, 1));
            place = [place[0] + 0.2f * first[0], place[1] + 0.2f * first[1]];
        }
        Assert.Equal((2, 2), (agent.Observation.Width, agent.Action.Numbers));
    }

    [Fact]
    public void Wrong_numbers_and_runs_without_goals_are_refused_with_one_sentence()
    {
        using GoalAgent agent = GoalAgent.Load(Maze());
        Assert.Equal("point-maze has observations and goals of 2 numbers, but 1 and 2 were given",
            Assert.Throws<ArgumentException>(() => { agent.Act([1], [1, 2]); }).Message);
        string bandits = Trained("bandits", "--budget", "100steps", "--instances", "2");
        Assert.Equal($"{bandits} learned bandits, which has no goals to be told; load it with Agent.Load",
            Assert.Throws<OptionException>(() => GoalAgent.Load(bandits)).Message);
        Assert.Equal("of a run, the last or the best checkpoint can be loaded, but not 'first'",
            Assert.Throws<OptionException>(() => GoalAgent.Load(bandits, "first")).Message);
    }
}
