using RLSquared.Tensors.Random;

namespace RLSquared.Language.Environments;

/// <summary>What an action brought.</summary>
/// <param name="Reward">The reward.</param>
/// <param name="IsValid">Whether the text was an action at all; one that was none changes nothing.</param>
public readonly record struct TextStep(float Reward, bool IsValid);

/// <summary>
/// An environment that shows text and takes text, for agents that play many turns. A level is a function of its number
/// alone, and all copies of a level go the same way under the same actions, so that plays of a group can be compared.
/// <para>To add one: 1. derive from this class; 2. derive its task from <see cref="AgentTask"/>; 3. list the task in
/// <see cref="LanguageCatalogue"/>; 4. test it with known answers.</para>
/// </summary>
public abstract class TextEnvironment
{
    /// <summary>Begins a level anew.</summary>
    /// <param name="level">The number of the level.</param>
    public abstract void Reset(ulong level);

    /// <summary>A copy in the same state, which goes its own way from here on.</summary>
    public abstract TextEnvironment Clone();

    /// <summary>What is to be done on this level; empty where it is the same on all.</summary>
    public virtual string Instruction => "";

    /// <summary>What the agent receives before its next action.</summary>
    public abstract string Observation { get; }

    /// <summary>
    /// The text by which two states of one level are the same state for <see cref="Algorithms.GiGpo"/>: the raw
    /// observation, without history.
    /// </summary>
    public virtual string AnchorKey => Observation;

    /// <summary>The actions that change something now, or can.</summary>
    public abstract IReadOnlyList<string> AdmissibleActions { get; }

    /// <summary>Takes an action.</summary>
    /// <param name="action">What the agent wrote.</param>
    /// <exception cref="InvalidOperationException">The play is over.</exception>
    public abstract TextStep Step(string action);

    /// <summary>Whether the play is over by itself; a limit of steps is the task's (<see cref="AgentTask.MostSteps"/>).
    /// </summary>
    public abstract bool IsDone { get; }

    /// <summary>Whether the level is solved.</summary>
    public abstract bool IsSolved { get; }

    /// <summary>How well the play went, from 0 to 1; 1 is solved.</summary>
    public virtual double Score => IsSolved ? 1 : 0;

    /// <summary>The kind of the level, by which figures are told apart; empty where there is one kind.</summary>
    public virtual string Category => "";

    /// <summary>
    /// The fewest actions from here to the goal, for an oracle that knows the whole state; null where there is no way,
    /// or none was found within the oracle's limits.
    /// </summary>
    public abstract int? OracleDistance { get; }

    /// <summary>The first action of such a way; null where there is none.</summary>
    public abstract string? OracleAction { get; }

    /// <summary>
    /// What a good player would do that sees what the agent sees: the action that demonstrations show. The oracle's
    /// where nothing is hidden.
    /// </summary>
    /// <param name="random">Decides where several actions are as good.</param>
    /// <param name="lessons">What was noted after earlier attempts at this level (<see cref="Lesson"/>).</param>
    public virtual string? Demonstrate(ref RandomSequence random, IReadOnlyList<string> lessons) => OracleAction;

    /// <summary>What a good player would note for the next attempt, after this one has failed.</summary>
    public abstract string Lesson { get; }

    /// <summary>Requires that the play goes on.</summary>
    /// <exception cref="InvalidOperationException">It is over.</exception>
    protected void RequireRunning()
    {
        if (IsDone)
            throw new InvalidOperationException("the play is over; reset the environment before the next action");
    }
}
