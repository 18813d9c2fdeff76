"""The routes of the pages."""

from __future__ import annotations

from fastapi import APIRouter

from classifier.web.pages import bulk, modelling, registering, reviewing, searching
from classifier.web.pages import help as help_pages

router = APIRouter(include_in_schema=False)
router.include_router(registering.router)
router.include_router(reviewing.router)
router.include_router(bulk.router)
router.include_router(searching.router)
router.include_router(modelling.router)
router.include_router(help_pages.router)
