using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Algorithms;

/// <summary>
/// E-RL² (Stadie et al. 2018, 'Some considerations on learning to explore via meta-reinforcement learning'): RL² in
/// which the first p episodes of a trial explore and the other k − p exploit. Only what the latter bring is learned
/// for, so that exploring may cost anything:
/// <code>
///   max_θ  E_task E_trial [ Σ_t χ_t r_t ],    χ_t = 0 in the first p episodes, else 1
/// </code>
/// <para>
/// All else is <see cref="Rl2"/>, with <see cref="Rl2Options.ExploreEpisodes"/> above 0. The rule is in
/// <see cref="Objectives.Credit"/>: rewards are masked in the returns and in what the value is fitted to, and nowhere
/// else. The network sees all of them, and its hidden state goes through the whole trial. A discount begins with the
/// first step that counts. The trial's first p episodes are always the same ones; which phase it is the network knows
/// from its time to go, or by counting.
/// </para>
/// </summary>
public static class ERl2
{
    /// <summary>The name on the command line.</summary>
    public const string Name = "e-rl2";

    /// <summary>The paper's p: three of five episodes explore.</summary>
    public const int UsualExploreEpisodes = 3;

    /// <summary>The options of <see cref="Rl2"/> that suit the task, with episodes that explore.</summary>
    /// <param name="task">What is to be learned: at least two episodes a trial.</param>
    /// <exception cref="OptionException">Its trials are single episodes.</exception>
    public static Rl2Options For(TaskDistribution task)
    {
        ArgumentNullException.ThrowIfNull(task);
        RequireEpisodes(task);
        return Rl2Options.For(task) with { ExploreEpisodes = Math.Min(UsualExploreEpisodes, task.Episodes - 1) };
    }

    /// <summary>The options by name: those of <see cref="Rl2"/>, and the episodes that explore.</summary>
    public static OptionTable<Rl2Options> Table { get; } =
        Rl2Options.AddTo(new OptionTable<Rl2Options>(
            "the algorithm e-rl2", new() { ExploreEpisodes = UsualExploreEpisodes }))
            .Integer("explore-episodes", "first episodes of a trial, which explore, p",
                options => options.ExploreEpisodes,
                (options, value) => options with { ExploreEpisodes = Require.AtLeast("explore-episodes", value, 1) },
                low: "little time to find out", high: "few episodes are left that count");

    /// <summary>Checks that some episodes of a trial explore and some do not.</summary>
    /// <exception cref="OptionException">It is not so; the message says what would be.</exception>
    internal static void RequireEpisodes(TaskDistribution task, int exploreEpisodes)
    {
        RequireEpisodes(task);
        if (exploreEpisodes >= task.Episodes)
        {
            throw new OptionException("explore-episodes",
                $"explore-episodes must be below the {task.Episodes} episodes of a trial of {task.Name}, of which " +
                $"the last must count, but is {exploreEpisodes}");
        }
    }

    static void RequireEpisodes(TaskDistribution task)
    {
        if (task.Episodes < 2)
        {
            throw new OptionException("explore-episodes",
                $"e-rl2 explores in the first episodes of a trial and learns for the others, but a trial of " +
                $"{task.Name} is a single episode; rl2 can learn it");
        }
    }
}
