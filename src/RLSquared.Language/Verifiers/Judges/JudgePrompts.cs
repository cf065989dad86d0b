namespace RLSquared.Language.Verifiers.Judges;

/// <summary>
/// What a model is asked when it judges, and how its answer is read. The two instructions have the structure of
/// ExpRL's: one for whole traces, a stricter one for steps and prefixes.
/// </summary>
public static class JudgePrompts
{
    const string ScoreMark = "Score:";

    const string Persona = "You are a careful evaluator of solutions. You receive a problem, a reference solution " +
        "that is correct, and what a student wrote.\n";

    const string AboutTraces = Persona +
        "Estimate how likely it is that the author of the trace would now state exactly the reference's result.\n" +
        "Discuss three things, each in a sentence or two:\n" +
        "1. Soundness: are the steps right, and do they agree with the reference?\n" +
        "2. Completeness: is anything missing between them?\n" +
        "3. Contradictions: does anything conflict with the reference or with itself?\n" +
        "Then give one whole number: 1 wrong or far short; 2 mostly wrong; 3 on track but incomplete; 4 nearly " +
        "there; 5 sound, and it implies the reference.\n";

    const string AboutSteps = Persona +
        "Do not solve the problem. Do not fill in what is missing. The reference is the truth. Another approach " +
        "counts only where it states the same intermediate results.\n" +
        "1. List 2 to 6 checkpoints of the reference: results that a solution needs.\n" +
        "2. Say which of them the text establishes, supports in part, leaves aside or contradicts.\n" +
        "3. Decide whether the text is a productive next move.\n" +
        "Then give one whole number: 1 misleading; 2 of no use; 3 related, but nothing is established; 4 it supports " +
        "a checkpoint in part; 5 it establishes a checkpoint directly.\n";

    const string Form = "Write your analysis first. End with one line: " + ScoreMark + " and the number.";

    /// <summary>The instruction: what a chat model receives as the system's message.</summary>
    public static string Instruction(JudgedPart part) => part switch
    {
        JudgedPart.Trace => AboutTraces + Form,
        JudgedPart.Step => AboutSteps + "The earlier steps are not shown to you; judge this step alone.\n" + Form,
        JudgedPart.Prefix => AboutSteps + "You see everything that was written so far.\n" + Form,
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, "there is no such part"),
    };

    /// <summary>The question: what a chat model receives as the user's message.</summary>
    public static string Question(JudgeQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        string name = question.Part switch
        {
            JudgedPart.Trace => "Trace",
            JudgedPart.Step => "Step",
            _ => "Solution so far",
        };
        string reference = question.Reference.Length > 0 ? question.Reference : "(not available)";
        return $"Problem:\n{question.Problem}\n\nReference:\n{reference}\n\n{name}:\n{question.Text}\n";
    }

    /// <summary>The score in an answer: the first digit behind the last score mark.</summary>
    /// <returns>From 1 to 5, or null where there is no mark, no digit, or another digit.</returns>
    public static int? Parse(string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        int mark = answer.LastIndexOf(ScoreMark, StringComparison.OrdinalIgnoreCase);
        if (mark < 0)
            return null;
        ReadOnlySpan<char> behind = answer.AsSpan(mark + ScoreMark.Length);
        int at = behind.IndexOfAnyInRange('0', '9');
        return at >= 0 && behind[at] - '0' is >= IJudge.Worst and <= IJudge.Best and var score ? score : null;
    }
}
