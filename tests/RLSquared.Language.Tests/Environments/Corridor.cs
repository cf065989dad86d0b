using RLSquared.Language.Environments;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Tests.Environments;

/// <summary>
/// Five cells, and a goal at the left or right end: <c>_P___R</c>. Each step costs 0.1 and the goal brings 1. With
/// hidden goals nothing is shown of them, and the wrong end ends the play: what one attempt finds helps the next. A
/// clumsy demonstration walks at random, and its levels all have the goal on the right.
/// </summary>
sealed class Corridor(bool isHidden, bool isClumsy) : TextEnvironment
{
    bool isRight;
    int place = 2;

    public override void Reset(ulong level) => (isRight, place) = (level % 2 == 0, 2);

    public override TextEnvironment Clone() => (Corridor)MemberwiseClone();

    public override string Observation => string.Concat(Enumerable.Range(0, 5).Select(
        cell => cell == place ? 'P' : '_')) + (isHidden ? "" : isRight ? "R" : "L");

    int Goal => isRight ? 4 : 0;

    public override IReadOnlyList<string> AdmissibleActions => ["left", "right"];

    public override TextStep Step(string action)
    {
        RequireRunning();
        if (action is not ("left" or "right"))
            return new TextStep(-0.1f, false);
        place += action == "left" ? -1 : 1;
        return new TextStep(IsSolved ? 0.9f : -0.1f, true);
    }

    public override bool IsDone => place is 0 or 4;

    public override bool IsSolved => place == Goal;

    public override int? OracleDistance => IsDone && !IsSolved ? null : Math.Abs(Goal - place);

    public override string? OracleAction => IsDone ? null : isRight ? "right" : "left";

    public override string? Demonstrate(ref RandomSequence random, IReadOnlyList<string> lessons) =>
        isClumsy ? random.NextInt(2) == 0 ? "right" : "left"
        : !isHidden ? OracleAction
        : place != 2 ? place < 2 ? "left" : "right"
        : lessons.Count > 0 ? lessons[^1] == "left" ? "right" : "left"
        : random.NextInt(2) == 0 ? "left" : "right";

    public override string Lesson => place < 2 ? "left" : "right";
}

sealed class CorridorTask(bool isHidden = false, bool isClumsy = false) : AgentTask
{
    public override string Name => "corridor";

    public override TextEnvironment Create() => new Corridor(isHidden, isClumsy);

    public override Tokenizer Tokenizer { get; } =
        WordTokenizer.Create("_PLR 0123456789", [.. AgentTags.All, "left", "right"]);

    public override int MostSteps => 6;

    public override int LongestObservation => 7;

    public override int LongestAction => 1;

    public override int LongestLesson => 2;

    public override ulong Level(ulong seed, long number, PromptSplit split) =>
        isClumsy ? 0 : (ulong)number;
}
