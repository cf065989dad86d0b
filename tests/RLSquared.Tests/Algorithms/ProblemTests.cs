using RLSquared.Algorithms;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

/// <summary>Problems of different kinds and the algorithms that learn them.</summary>
public sealed class ProblemTests
{
    [Fact]
    public void An_algorithm_refuses_a_problem_of_another_kind_by_name()
    {
        using var workers = new Workers(1);
        AlgorithmEntry rl2 = AlgorithmCatalogue.Find("rl2");
        Assert.True(rl2.Learns(new BernoulliBandits()));
        Assert.False(rl2.Learns(new Riddles()));
        const string message =
            "rl2 cannot learn riddles, which is questions with one answer; name another with --algorithm, see rl2 list";
        Assert.Equal(message, Assert.Throws<OptionException>(() => rl2.Merge(new Riddles(), "default", [])).Message);
        Assert.Equal(message, Assert.Throws<OptionException>(() => rl2.Create(new Riddles(), [], 1, workers)).Message);
    }

    [Fact]
    public void What_no_agent_plays_is_made_as_a_problem_and_refused_as_a_task()
    {
        var entry = TaskEntry.Of("riddles", "a test", () => new Riddles());
        Assert.Equal("riddles", entry.CreateProblem().Name);
        Assert.Equal("riddles is questions with one answer, and no task that an agent plays step by step",
            Assert.Throws<OptionException>(() => entry.Create()).Message);
    }

    [Fact]
    public void A_task_names_the_algorithm_that_learns_it_where_the_user_does_not()
    {
        var named = TaskEntry.Of("riddles", "a test", new OptionTable<object>("the task riddles", new()),
            _ => new Riddles(), algorithm: "guess");
        var catalogues = new Catalogues([named]);
        Assert.Equal("guess", catalogues.AlgorithmFor(named));
        Assert.Equal("rl2", catalogues.AlgorithmFor(TaskCatalogue.Find("bandits")));
    }

    sealed class Riddles : Problem
    {
        public override string Name => "riddles";

        public override string Kind => "questions with one answer";
    }
}
