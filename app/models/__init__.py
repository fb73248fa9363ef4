"""What we keep: SQLAlchemy rows and nothing else.

Owns: tables, columns, constraints, the enums that name states.
Must not know: Flask, mail, tasks, rules. A row does not decide; `app.core` does.
"""

from app.models.address_change import AddressChange
from app.models.base import LARGEST_KEY, Base
from app.models.comment import Comment, CommentState, Moderation
from app.models.correction import Correction
from app.models.delivery import Batch, Delivery, DeliveryState
from app.models.edition import Edition, EditionState
from app.models.editor import Editor, Role
from app.models.image import Image
from app.models.imprint import Imprint
from app.models.installation import Installation
from app.models.issue import Issue, IssueState, Story
from app.models.newsletter import CommentRule, Newsletter, Rubric, RubricKind, Visibility
from app.models.notice import Notice, NoticeKind, NoticeState
from app.models.page_mark import PageMark
from app.models.question import Detail, Question, QuestionKind
from app.models.relay_offer import RelayOffer
from app.models.session import DeskSession
from app.models.share import Share
from app.models.subscriber import Subscriber
from app.models.subscription import (
    Consent,
    ConsentAct,
    EndReason,
    EndWord,
    Subscription,
    SubscriptionState,
)
from app.models.suppression import Suppression, SuppressionReason
from app.models.worker import Worker

__all__ = [
    "LARGEST_KEY",
    "AddressChange",
    "Base",
    "Batch",
    "Comment",
    "CommentRule",
    "CommentState",
    "Consent",
    "ConsentAct",
    "Correction",
    "Delivery",
    "DeliveryState",
    "DeskSession",
    "Detail",
    "Edition",
    "EditionState",
    "Editor",
    "EndReason",
    "EndWord",
    "Image",
    "Imprint",
    "Installation",
    "Issue",
    "IssueState",
    "Moderation",
    "Newsletter",
    "Notice",
    "NoticeKind",
    "NoticeState",
    "PageMark",
    "Question",
    "QuestionKind",
    "RelayOffer",
    "Role",
    "Rubric",
    "RubricKind",
    "Share",
    "Story",
    "Subscriber",
    "Subscription",
    "SubscriptionState",
    "Suppression",
    "SuppressionReason",
    "Visibility",
    "Worker",
]
