using System.Runtime.CompilerServices;

namespace RLSquared.Language.Templates;

/// <summary>Makes closures of the blocks of a template.</summary>
sealed class JinjaParser(List<JinjaToken> tokens) : JinjaExpressions(tokens)
{
    int loops;

    public Statement Template()
    {
        Statement body = Body();
        return Now.Kind == TokenKind.End ? body
            : throw new TemplateException($"'{Next.Text}' ends a block that has no beginning", Now.Line);
    }

    // ---- statements
    // ---------------------------------------------------------------------------------------------------

    // Everything up to a block that only what is around can read: an end, an else.
    Statement Body()
    {
        Deeper();
        List<Statement> parts = [];
        while (Now.Kind != TokenKind.End)
        {
            JinjaToken token = Now;
            if (token.Kind == TokenKind.Text)
            {
                at++;
                parts.Add(scope => { scope.Run.Write(token.Text); return Flow.Next; });
            }
            else if (token.Kind == TokenKind.OpenOutput)
            {
                at++;
                Expression value = Tuple();
                Close();
                parts.Add(scope => { scope.Run.Write(JinjaValue.Text(value(scope))); return Flow.Next; });
            }
            else
            {
                string name = Next.Text;
                if (name.StartsWith("end", StringComparison.Ordinal) || name is "else" or "elif")
                    break;
                at++;
                parts.Add(Block(Take(TokenKind.Name, "the name of a block").Text));
            }
        }
        depth--;
        Statement[] all = [.. parts];
        return scope =>
        {
            foreach (Statement one in all)
            {
                scope.Run.Step();
                Flow flow = one(scope);
                if (flow != Flow.Next)
                    return flow;
            }
            return Flow.Next;
        };
    }

    Statement Block(string name)
    {
        switch (name)
        {
            case "if":
                return If();
            case "for":
                return For();
            case "set":
                return Set();
            case "macro":
                return Macro();
            case "generation":
                return Generation();
            case "break" or "continue" when loops > 0:
                Close();
                return name == "break" ? static _ => Flow.Break : static _ => Flow.Continue;
            case "break" or "continue":
                throw new TemplateException($"'{name}' is outside of any loop", Now.Line);
            default:
                throw new TemplateException($"'{name}' is no block that is known; if, for, set, macro, " +
                    " break, continue and generation are", Now.Line);
        }
    }

    Statement If()
    {
        Expression condition = Any();
        Close();
        Statement then = Body(), otherwise = static _ => Flow.Next;
        string name = BlockName();
        Deeper();
        if (name == "elif")
        {
            otherwise = If();
        }
        else
        {
            Close();
            if (name == "else")
            {
                otherwise = Body();
                End("endif");
            }
            else if (name != "endif")
            {
                throw Wrong("ends a block that is none", "endif");
            }
        }
        depth--;
        return scope => JinjaValue.IsTrue(condition(scope)) ? then(scope) : otherwise(scope);
    }

    Statement For()
    {
        string[] names = Names("in");
        TakeWord("in");
        Expression items = Or();
        Expression? filter = null;
        if (IsWord("if"))
        {
            at++;
            filter = Any();
        }
        Close();
        loops++;
        Statement body = Body(), otherwise = static _ => Flow.Next;
        loops--;
        string name = BlockName();
        Close();
        if (name == "else")
        {
            otherwise = Body();
            End("endfor");
        }
        else if (name != "endfor")
        {
            throw Wrong("ends a block that is none", "endfor");
        }
        int line = Now.Line;
        return scope =>
        {
            List<object?> turns = JinjaValue.Items(items(scope), line);
            if (filter is not null)
            {
                turns = turns.FindAll(item =>
                {
                    scope.Run.Step();
                    var inner = new JinjaScope(scope.Run, scope);
                    Assign(inner, names, item, line);
                    return JinjaValue.IsTrue(filter(inner));
                });
            }
            for (int i = 0; i < turns.Count; i++)
            {
                scope.Run.Step();
                var inner = new JinjaScope(scope.Run, scope);
                inner.Set("loop", new JinjaLoop(turns, i));
                Assign(inner, names, turns[i], line);
                if (body(inner) == Flow.Break)
                    break;
            }
            return turns.Count == 0 ? otherwise(scope) : Flow.Next;
        };
    }

    Statement Set()
    {
        int line = Now.Line;
        if (Next.Text == "." && Now.Kind == TokenKind.Name)
        {
            string space = Now.Text;
            at += 2;
            string attribute = Take(TokenKind.Name, "the name of an attribute").Text;
            Expression value = Value("endset");
            return scope =>
            {
                if (scope.Get(space) is not JinjaNamespace target)
                    throw new TemplateException($"'{space}' is no namespace, so nothing in it can be set", line);
                target.Values[attribute] = value(scope);
                return Flow.Next;
            };
        }
        string[] names = Names("=");
        Expression result = Value("endset");
        return scope => { Assign(scope, names, result(scope), line); return Flow.Next; };
    }

    // '= value', or all up to the end of the block as a text.
    Expression Value(string end)
    {
        if (IsOperator("="))
        {
            at++;
            Expression value = Tuple();
            Close();
            return value;
        }
        Close();
        Statement body = Body();
        End(end);
        return scope => Captured(scope.Run, body, scope);
    }

    static string Captured(JinjaRun run, Statement body, JinjaScope scope)
    {
        System.Text.StringBuilder around = run.Output;
        run.Output = new System.Text.StringBuilder();
        body(scope);
        string text = run.Output.ToString();
        run.Output = around;
        return text;
    }

    Statement Macro()
    {
        string name = Take(TokenKind.Name, "the name of the macro").Text;
        TakeOperator("(");
        List<(string Name, Expression? Default)> parameters = [];
        while (!IsOperator(")"))
        {
            if (parameters.Count > 0)
                TakeOperator(",");
            string parameter = Take(TokenKind.Name, "the name of a parameter").Text;
            Expression? value = null;
            if (IsOperator("="))
            {
                at++;
                value = Any();
            }
            parameters.Add((parameter, value));
        }
        at++;
        Close();
        int line = Now.Line, around = loops;
        loops = 0;
        Statement body = Body();
        loops = around;
        End("endmacro");
        return scope =>
        {
            scope.Set(name, new JinjaFunction((run, arguments) =>
            {
                if (run.Depth == run.Limits.Depth)
                    throw new TemplateException($"'{name}' is inside itself more than {run.Depth} times", line);
                RuntimeHelpers.EnsureSufficientExecutionStack();
                var inner = new JinjaScope(run, scope);
                for (int i = 0; i < parameters.Count; i++)
                {
                    (string parameter, Expression? value) = parameters[i];
                    inner.Set(parameter, arguments.Find(i, parameter, out object? given) ? given
                        : value is not null ? value(inner) : new Undefined(parameter));
                }
                run.Depth++;
                string text = Captured(run, body, inner);
                run.Depth--;
                return text;
            }));
            return Flow.Next;
        };
    }

    Statement Generation()
    {
        Close();
        Statement body = Body();
        End("endgeneration");
        return scope =>
        {
            int start = scope.Run.Output.Length;
            Flow flow = body(scope);
            scope.Run.Generations.Add(start..scope.Run.Output.Length);
            return flow;
        };
    }

    static void Assign(JinjaScope scope, string[] names, object? value, int line)
    {
        if (names.Length == 1)
        {
            scope.Set(names[0], value);
            return;
        }
        List<object?> parts = JinjaValue.Items(value, line);
        if (parts.Count != names.Length)
            throw new TemplateException($"{parts.Count} values cannot go to {names.Length} names", line);
        for (int i = 0; i < names.Length; i++)
            scope.Set(names[i], parts[i]);
    }

    // ---- parts of blocks ------------------------------------------------------------------------------------------

    string BlockName()
    {
        Take(TokenKind.OpenBlock, "an end of the block");
        return Take(TokenKind.Name, "an end of the block").Text;
    }

    void End(string name)
    {
        Take(TokenKind.OpenBlock, $"'{name}'");
        TakeWord(name);
        Close();
    }

    string[] Names(string until)
    {
        bool inBrackets = IsOperator("(");
        at += inBrackets ? 1 : 0;
        List<string> names = [Take(TokenKind.Name, "a name").Text];
        while (IsOperator(","))
        {
            at++;
            names.Add(Take(TokenKind.Name, $"a name before '{until}'").Text);
        }
        if (inBrackets)
            TakeOperator(")");
        return [.. names];
    }
}
